"""How our Word documents look: A4, Chinese faces, ruled tables, the same bytes for the same words.

What belongs here: styles and the file's form. What does not: what is written (document).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from pipelines.reports.annual.wording import printable
from pipelines.reports.contents import SYNTHETIC
from pipelines.reports.figures import ReleaseIdentity

_BODY, _HEADINGS, _LATIN = "宋体", "黑体", "Times New Roman"
_RED, _SOFT, _BAND = RGBColor(0xB3, 0x26, 0x1E), RGBColor(0x59, 0x63, 0x6F), "E9EDF2"
_WIDTH = Cm(17)
_TALLEST = Cm(20)
# name, face, points, space before, space after
_STYLES = (
    ("Normal", _BODY, 10.5, 0, 4),
    ("Title", _HEADINGS, 24, 12, 8),
    ("Heading 1", _HEADINGS, 16, 18, 6),
    ("Heading 2", _HEADINGS, 12, 10, 4),
    ("Caption", _HEADINGS, 10, 8, 3),
)


class Paper:
    """One document, written from its top to its end."""

    def __init__(self, title: str, release: ReleaseIdentity) -> None:
        self._release = release
        self._document = Document()
        self._set_page()
        for name, face, points, before, after in _STYLES:
            self._set_style(name, face, points, before, after)
        self._set_properties(title)
        self._write_footer()

    def finish(self) -> bytes:
        """The document's bytes, dated by the release and not by the clock."""
        written, dated = BytesIO(), BytesIO()
        self._document.save(written)
        date = self._release.as_of
        with ZipFile(written) as source, ZipFile(dated, "w", ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = ZipInfo(name, (date.year, date.month, date.day, 0, 0, 0))
                entry.compress_type = ZIP_DEFLATED
                target.writestr(entry, source.read(name))
        return dated.getvalue()

    def write_title(self, text: str) -> None:
        """The document's title."""
        self._write("Title", text).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def write_heading(self, text: str, level: int = 1) -> None:
        """A heading, which Word's outline shows."""
        self._write(f"Heading {level}", text)

    def write_caption(self, text: str) -> None:
        """What the table or picture beside it is."""
        self._write("Caption", text).paragraph_format.keep_with_next = True

    def write_text(self, text: str) -> None:
        """A paragraph."""
        self._write("Normal", text)

    def write_centred(self, text: str) -> None:
        """A line in the middle."""
        self._write("Normal", text).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def write_warning(self, text: str) -> None:
        """A line that nobody should miss."""
        paragraph = self._write("Normal", text)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.runs[0].bold = True
        paragraph.runs[0].font.color.rgb = _RED

    def write_note(self, name: str, text: str) -> None:
        """A paragraph led by the name of what it explains."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(5)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.add_run(f"{printable(name)}　").bold = True
        paragraph.add_run(printable(text))

    def write_small(self, text: str) -> None:
        """A line below a note, in small print."""
        paragraph = self._write("Normal", text)
        paragraph.paragraph_format.left_indent = Cm(0.7)
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.runs[0].font.size = Pt(9)
        paragraph.runs[0].font.color.rgb = _SOFT

    def write_picture(self, png: bytes, caption: str, description: str) -> None:
        """A picture below its caption; `description` is for those who cannot see it."""
        self.write_caption(caption)
        picture = self._document.add_picture(BytesIO(png))
        shrunk = min(1.0, _WIDTH / picture.width, _TALLEST / picture.height)
        picture.width, picture.height = (
            Emu(round(picture.width * shrunk)),
            Emu(round(picture.height * shrunk)),
        )
        properties = picture._inline.docPr
        properties.set("descr", printable(description))

    def write_table(
        self,
        headings: Sequence[str],
        lines: Sequence[Sequence[str]],
        widths: Sequence[float],
        numbers: frozenset[int] = frozenset(),
    ) -> None:
        """A ruled table whose headings repeat on each page; columns in `numbers` stand right."""
        table = self._document.add_table(rows=1 + len(lines), cols=len(headings))
        table.style = "Table Grid"
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        # Asked for once: python-docx counts all cells again at each request.
        cells = table._cells
        for index, text in enumerate(text for line in (headings, *lines) for text in line):
            row, column = divmod(index, len(headings))
            _fill(cells[index], text, is_heading=row == 0, is_number=column in numbers)
            cells[index].width = Cm(widths[column])
        _keep_rows_whole(table)
        self._document.add_paragraph().paragraph_format.space_after = Pt(2)

    def _write(self, style: str, text: str) -> Paragraph:
        return self._document.add_paragraph(printable(text), style=style)

    def _set_page(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(2)

    def _set_style(self, name: str, face: str, points: float, before: int, after: int) -> None:
        style = self._document.styles[name]
        assert isinstance(style, ParagraphStyle)  # noqa: S101 for the type checker
        style.font.size = Pt(points)
        style.font.bold = face == _HEADINGS
        style.font.italic = False
        style.font.color.rgb = RGBColor(0x1D, 0x23, 0x2B)
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
        faces = style.element.get_or_add_rPr().get_or_add_rFonts()
        # A face of the theme would win over a named one, and the theme has no Chinese.
        faces.attrib.clear()
        for script in ("ascii", "hAnsi", "cs"):
            faces.set(qn(f"w:{script}"), _LATIN)
        faces.set(qn("w:eastAsia"), face)
        for rule in style.element.findall(f"{qn('w:pPr')}/{qn('w:pBdr')}"):
            rule.getparent().remove(rule)

    def _set_properties(self, title: str) -> None:
        properties = self._document.core_properties
        properties.title, properties.author, properties.comments = title, "", ""
        properties.language = "zh-CN"
        properties.created = properties.modified = datetime.combine(self._release.as_of, time.min)
        defaults = self._document.styles.element.find(f".//{qn('w:lang')}")
        if defaults is not None:
            defaults.set(qn("w:eastAsia"), "zh-CN")

    def _write_footer(self) -> None:
        paragraph = self._document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if self._release.is_synthetic:
            paragraph.add_run(f"{SYNTHETIC}　")
        run = paragraph.add_run()
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            element = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                element.set(qn("w:fldCharType"), kind)
            else:
                element.text = text
            run._r.append(element)


def _fill(cell: _Cell, text: str, *, is_heading: bool, is_number: bool) -> None:
    # The Latin face and the Chinese one differ in height.
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(printable(text))
    run.font.size = Pt(9.5)
    run.bold = is_heading
    if is_heading:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), _BAND)
        cell._tc.get_or_add_tcPr().append(shade)
    elif is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _keep_rows_whole(table: Table) -> None:
    """No row is torn between two pages, and the headings stand on each."""
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
