"""What is known of a workbook's XML at one look is what its parser finds, event by event."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import openpyxl
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.sources.connectors import bounded_xml, worksheet_xml
from pipelines.sources.connectors.regular_xml import regular_rows, regular_strings
from pipelines.sources.connectors.worksheet_xml import SheetScan, scan_sheet

SHEET = "台账"
MEMORY = 1_000_000
WORKBOOK = f'<workbook><sheets><sheet name="{SHEET}" r:id="rId1"/></sheets></workbook>'
RELATIONS = (
    '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def workbook(sheet: str, strings: str = "<sst/>") -> bytes:
    """The parts that a scan looks at."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/sharedStrings.xml", strings.encode("utf-8", "surrogatepass"))
        archive.writestr("xl/worksheets/sheet1.xml", sheet.encode("utf-8", "surrogatepass"))
    return stream.getvalue()


def begun(head: str, first: str, piece: int) -> str:
    """A head and a first element that end where a piece ends, so that a run may begin there."""
    size = len(f"{head}<!---->{first}".encode())
    return f"{head}<!--{'x' * (-size % piece)}-->{first}"


def worksheet(*rows: str, head: str = DECLARATION, piece: int = 1) -> str:
    """A sheet of rows, below an empty one."""
    top = begun(f"{head}<worksheet><sheetData>", '<row r="1"></row>', piece)
    return f"{top}{''.join(rows)}</sheetData></worksheet>"


class Outcome(NamedTuple):
    """All that a scan says, and what it has not spent."""

    found: SheetScan | None
    refusal: str
    left: int
    taken: int
    """Characters that were not parsed."""


@contextmanager
def looking(*, at_once: bool, piece: int) -> Iterator[list[int]]:
    """Scan with or without a look at many rows; what was taken is noted."""
    taken: list[int] = []

    def noting(take: Callable[[Any, str], bool]) -> Callable[[Any, str], bool]:
        def take_and_note(receiver: Any, run: str) -> bool:
            is_taken = at_once and take(receiver, run)
            taken.append(len(run) if is_taken else 0)
            return is_taken

        return take_and_note

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bounded_xml, "_READ_BYTES", piece)
        for receiver in (worksheet_xml._Sheet, worksheet_xml._Strings):
            patched.setattr(receiver, "take", noting(receiver.take))
        yield taken


def outcome(content: bytes, *, at_once: bool, piece: int, memory: int = MEMORY) -> Outcome:
    """Scan one workbook."""
    budgets: list[worksheet_xml._Budget] = []

    class Noted(worksheet_xml._Budget):
        def __init__(self, memory: int) -> None:
            super().__init__(memory)
            budgets.append(self)

    found, refusal = None, ""
    with looking(at_once=at_once, piece=piece) as taken, pytest.MonkeyPatch.context() as patched:
        patched.setattr(worksheet_xml, "_Budget", Noted)
        try:
            found = scan_sheet(content, SHEET, memory)
        except Exception as error:
            refusal = f"{type(error).__name__}: {error}"
    # The parser's own errors name a line that counts what it was given.
    refusal = re.sub(r"line \d+, column \d+", "", refusal)
    return Outcome(found, refusal, budgets[0]._left, sum(taken))


def require_same(content: bytes, piece: int, memory: int = MEMORY) -> Outcome:
    """Both ways of looking say the same."""
    at_once = outcome(content, at_once=True, piece=piece, memory=memory)
    by_event = outcome(content, at_once=False, piece=piece, memory=memory)
    assert by_event.taken == 0
    assert at_once[:2] == by_event[:2]
    assert at_once.left == by_event.left or at_once.refusal
    return at_once


PIECES = st.sampled_from([90, 400, 1500, 4000])
MEMORIES = st.sampled_from([MEMORY, MEMORY, MEMORY, 2500])
WORDS = [
    "", " ", "质押", "　", "a b", "&amp;", "&lt;v&gt;", "&#10;", "&#xa;", "&#13;", "&#32;", "&#60;",
    "&nbsp;", "&#133;", "&#x85;", "&#160;", "&#19987;", "&#x4e13;", "&#55296;", "&#xffff;",
    "&#x1F600;", "&#1114112;", "<![CDATA[<v>1</v>]]>", "<!-- </row> -->", "]]>", "\n", "\r\n",
    "\t", "\x0b", "\ufffe", "\ufffd", "\ud800", "😀", "\x7f", "\x85", "&", "<", ">", '"', "=",
    "</c>", "</row>", "<row>", "<c/>", "<?x y?>", "1", "-0", "1e999", "1E5", ".5", "NaN",
    "45352.5", "9" * 50, "x" * 40, "#REF!", "&#x20;",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map("".join)
PLAIN = st.sampled_from(
    ["1", "0", "2", "45352.5", "-3", "1E5", "专利", "a&amp;b", " ", "#N/A", "&#19987;"]
)
FORMS = st.sampled_from(
    [
        '<c r="{r}" t="s"><v>{v}</v></c>',
        '<c r="{r}" s="1" t="s"><v>{v}</v></c>',
        '<c r="{r}" t="s" s="1"><v>{v}</v></c>',
        '<c r="{r}" s="1" t="s" s="1"><v>{v}</v></c>',
        '<c t="s" r="{r}"><v>{v}</v></c>',
        '<c r="{r}"><v>{v}</v></c>',
        '<c r="{r}" t="n"><v>{v}</v></c>',
        "<c><v>{v}</v></c>",
        '<c r="{r}" t="str"><f>A1&amp;"x"</f><v>{v}</v></c>',
        '<c r="{r}" t="str"><f t="shared" ref="A1:A9" si="0">1</f><v>{v}</v></c>',
        '<c r="{r}"><f t="shared" si="0"/><v>{v}</v></c>',
        '<c r="{r}"><f t="shared" t="array"/><v>{v}</v></c>',
        '<c r="{r}"><f>{v}</f></c>',
        '<c r="{r}"><f>{v}</f><v></v></c>',
        '<c r="{r}"><f>{v}</f><v/></c>',
        '<c r="{r}" t="str"><v></v></c>',
        '<c r="{r}" t="inlineStr"><is><t>{v}</t></is></c>',
        '<c r="{r}" t="inlineStr"><is><t xml:space="preserve">{v}</t></is></c>',
        '<c r="{r}" t="inlineStr"><is><r><t>{v}</t></r><r><rPr><b/></rPr><t>b</t></r></is></c>',
        '<c r="{r}" t="inlineStr"><is><t>{v}</t><rPh sb="0" eb="1"><t>x</t></rPh></is></c>',
        '<c r="{r}" t="b"><v>{v}</v></c>',
        '<c r="{r}" t="e"><v>{v}</v></c>',
        '<c r="{r}" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="{r}" t="d"><v>{v}</v></c>',
        '<c r="{r}" t="e"/>',
        '<c r="{r}" s="3"/>',
        '<c r="{r}" s="3" />',
        '<c r="{r}"></c>',
        '<c r="{r}"  s="3"><v>{v}</v></c>',
        "<c r='{r}'><v>{v}</v></c>",
        '<x:c r="{r}"><x:v>{v}</x:v></x:c>',
        '<c r="{r}" cm="1"><v>{v}</v></c>',
        '<c r="{r}" x="{v}"/>',
        '<c r="{r}"><v>{v}</v></c>{v}',
        '<c r="{r}"><v>{v}',
    ]
)
ROW_FORMS = st.sampled_from(
    [
        '<row r="{n}">{c}</row>',
        '<row r="{n}">{c}</row>',
        '<row r="{n}" spans="1:3" ht="15" customHeight="1" x14ac:dyDescent="0.2">{c}</row>',
        '<row r="{n}" ht="1" ht="2">{c}</row>',
        '<row r="{n}" hidden="1"/>',
        '\n<row r="{n}">\n{c}</row>',
        "<row>{c}</row>",
        '<row r="0{n}">{c}</row>',
        '<row spans="1:3" r="{n}">{c}</row>',
        '<x:row r="{n}">{c}</x:row>',
        '<row r="{n}" odd="1">{c}</row>',
        '<row r="1048577">{c}</row>',
        "<row r='{n}'>{c}</row>",
        '<row r="{n}"><c r="A9"><is><row r="7"></row>{c}</is></c></row>',
    ]
)
REFERENCES = st.sampled_from(["C", "C", "C", "C", "AAA", "XFE", "a", "", "A1"])


USUAL_FORMS = [
    '<c r="{r}" t="s"><v>{i}</v></c>',
    '<c r="{r}" s="1"><v>{i}</v></c>',
    '<c r="{r}" t="str"><v>{v}</v></c>',
    '<c r="{r}" t="inlineStr"><is><t>{v}</t></is></c>',
    '<c r="{r}" t="e"><v>#N/A</v></c>',
    '<c r="{r}" s="2"/>',
]
USUAL_CELLS = st.tuples(
    st.sampled_from(USUAL_FORMS), st.sampled_from(["A", "B", "ZZ"]), PLAIN, st.sampled_from("001")
)


def filled_in(form: str, column: str, number: int, text: str, index: str) -> str:
    """A form with its place and what it says."""
    said = form.replace("{r}", f"{column}{number}").replace("{i}", index)
    return said.replace("{v}", text)


@st.composite
def rows(draw: st.DrawFn) -> list[str]:
    """Regular rows, and one odd cell or an odd row among them: two would hide each other."""
    usual = draw(st.lists(st.lists(USUAL_CELLS, max_size=3), min_size=1, max_size=9))
    odd = draw(st.integers(0, len(usual) - 1))
    written, number = [], 1
    for place, cells in enumerate(usual):
        number += draw(st.sampled_from([1, 1, 1, 3]))
        said = [filled_in(form, column, number, *rest) for form, column, *rest in cells]
        form = '<row r="{n}">{c}</row>'
        if place == odd and draw(st.booleans()):
            form = draw(ROW_FORMS)
        elif place == odd:
            column, text = draw(REFERENCES), draw(PLAIN | TEXTS)
            said.append(filled_in(draw(FORMS), column, number, text, "0"))
        written.append(form.replace("{n}", str(number)).replace("{c}", "".join(said)))
    return written


STRING_FORMS = st.sampled_from(
    [
        "<si><t>{v}</t></si>",
        '<si><t xml:space="preserve">{v}</t></si>',
        '<si><t>{v}</t><phoneticPr fontId="1" type="noConversion"/></si>',
        '<si><t>{v}</t><phoneticPr type="noConversion" fontId="1"/></si>',
        "<si><t/></si>",
        "<si/>",
        "<si></si>",
        "<si><r><t>{v}</t></r><r><rPr><b/></rPr><t>b</t></r></si>",
        "<si><t>{v}</t><rPh><t>x</t></rPh></si>",
        "<si><t>{v}</t></si>\n",
        "<si>{v}<t>x</t></si>",
        "<si><si><t>{v}</t></si></si>",
        "<x:si><t>{v}</t></x:si>",
    ]
)


@st.composite
def shared_strings(draw: st.DrawFn, piece: int) -> str:
    """Regular ones, the second of which may show nothing, and an odd one among them."""
    usual = [draw(st.sampled_from(["　", "乙"])), *draw(st.lists(PLAIN, max_size=9))]
    written = [f"<si><t>{text}</t></si>" for text in usual]
    if draw(st.booleans()):
        odd = draw(STRING_FORMS).replace("{v}", draw(PLAIN | TEXTS))
        written.insert(draw(st.integers(1, len(written))), odd)
    return begun(f"{DECLARATION}<sst>", "<si><t>甲</t></si>", piece) + "".join(written) + "</sst>"


HEADS = st.sampled_from(
    [
        DECLARATION,
        "",
        "\ufeff" + DECLARATION,
        DECLARATION.replace("UTF-8", "utf-8"),
        DECLARATION.replace("UTF-8", "iso-8859-1"),
        DECLARATION + '<!DOCTYPE worksheet [<!ATTLIST c t CDATA "e">]>',
        DECLARATION + '<!DOCTYPE worksheet [<!ENTITY nbsp "x">]>',
    ]
)


@given(st.data(), st.just(DECLARATION) | HEADS, rows(), PIECES, MEMORIES)
def test_rows_and_strings_of_any_form_are_found_alike(
    data: st.DataObject, head: str, written: list[str], piece: int, memory: int
) -> None:
    """Regular ones, odd ones among them, and what is no XML, in pieces of any length."""
    strings = data.draw(shared_strings(piece))
    require_same(workbook(worksheet(*written, head=head, piece=piece), strings), piece, memory)


REGULAR = "".join(
    f'<row r="{n}" spans="1:3"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}" s="1"><v>{n}.5</v></c>'
    f'<c r="C{n}" t="inlineStr"><is><t>专利{n}</t></is></c><c r="D{n}" t="str"><f>1&gt;2</f>'
    f"<v>是</v></c></row>"
    for n in range(2, 9)
)


@given(st.data(), PIECES)
def test_damage_to_regular_rows_is_found_alike(data: st.DataObject, piece: int) -> None:
    """A piece of their XML is put in, taken out or doubled, wherever it falls."""
    rows = REGULAR
    for _ in range(data.draw(st.integers(1, 2))):
        start = data.draw(st.integers(0, len(rows)))
        end = min(len(rows), start + data.draw(st.sampled_from([0, 1, 2, 7, 40])))
        word = data.draw(
            st.sampled_from([*WORDS, rows[start:end] * 2, ' r="A1"', ' t="e"', "</v>"])
        )
        rows = rows[:start] + word + rows[end:]
    sheet = worksheet(rows, piece=piece)
    require_same(workbook(sheet, "<sst><si><t>甲</t></si></sst>"), piece)


HIDDEN = "".join(f'<row r="{n}"><c r="A{n}" s="1"><v>{n}</v></c></row>' for n in range(20, 40))
LATIN = DECLARATION.replace("UTF-8", "iso-8859-1")
ERRORS_UNLESS_SAID = DECLARATION + '<!DOCTYPE worksheet [<!ATTLIST c t CDATA "e">]>'


@pytest.mark.parametrize("piece", [60, 250, 450, 1500, 1 << 16])
@pytest.mark.parametrize(
    ("head", "row"),
    [
        (DECLARATION, f"<!-- {HIDDEN} -->"),
        (DECLARATION, f"<![CDATA[{HIDDEN}]]>"),
        (DECLARATION, f"<?hidden {HIDDEN} ?>"),
        (DECLARATION, f'<row r="9"><c r="A9" t="inlineStr"><is>{HIDDEN}</is></c></row>'),
        (DECLARATION, "<a>" * 253 + HIDDEN + "</a>" * 253),
        (DECLARATION, "<a>" * 253 + '<row r="9"></row>' * 20 + HIDDEN + "</a>" * 253),
        (DECLARATION, f'<row r="9"><c r="A9">{"<row></row>" * 20}{HIDDEN}</c></row>'),
        (DECLARATION, "<row><c><v>1</v></c></row>" * 20),
        (ERRORS_UNLESS_SAID, HIDDEN),
        (LATIN, '<row r="9"><c r="A9" t="str"><v>专利</v></c></row>'),
        (DECLARATION, '<row r="9"><c r="A9" t="str"><v>\ud800</v></c></row>'),
        (DECLARATION, f'<row r="9"><c r="A9" t="str"><v>{"x" * 32_768}</v></c></row>'),
        (DECLARATION, f'<row r="9"><c r="A9" t="str"><v>{"专" * 32_767}</v></c></row>'),
        (DECLARATION, '<row r="1048577"/>'),
    ],
)
def test_what_hides_rows_or_gives_them_another_meaning_is_found_alike(
    head: str, row: str, piece: int
) -> None:
    """The look at the bytes alone would take what stands in them for rows."""
    sheet = worksheet(REGULAR, row, REGULAR, head=head, piece=piece)
    require_same(workbook(sheet, "<sst><si><t>甲</t></si></sst>"), piece)


@pytest.mark.parametrize("piece", [250, 300, 350, 400, 450])
def test_a_row_without_a_number_follows_the_last_of_a_run(piece: int) -> None:
    """It is so long that a piece ends in it, so that the rows before it were looked through."""
    unnumbered = f"<row><c><v>1</v></c>{'<c/>' * 200}</row>"
    sheet = worksheet(REGULAR, unnumbered, piece=piece)
    seen = require_same(workbook(sheet, "<sst><si><t>甲</t></si></sst>"), piece)
    assert seen.taken
    assert seen.found is not None
    assert max(seen.found.filled_rows) == 9


@pytest.mark.parametrize("piece", [450, 1 << 16])
@pytest.mark.parametrize("strings", [f"<si><t>{'x' * 32_767}</t></si>\n", "<si/>", "<a>\n</a>"])
def test_what_stands_between_strings_is_found_alike(strings: str, piece: int) -> None:
    """Even a line's end behind the longest string."""
    usual = "<si><t>甲</t></si>" * 30
    top = begun("<sst>", "<si><t>乙</t></si>", piece)
    require_same(workbook(worksheet(REGULAR), f"{top}{usual}{strings}{usual}</sst>"), piece)


def by_xlsxwriter(texts: list[str], *, inline: bool) -> bytes:
    """Texts, numbers, days, booleans, errors and formulas, with one merge."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": not inline, "constant_memory": inline})
    sheet = book.add_worksheet(SHEET)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, text in enumerate(texts):
        sheet.set_row(place, 20.5 if place % 3 else None)
        sheet.write_string(place, 0, text)
        sheet.write_number(place, 1, place * 1e-7 - 3)
        sheet.write_datetime(place, 2, datetime(2024, 3, 1 + place % 28), day)
        sheet.write_boolean(place, 3, place % 2 == 0)
        sheet.write_blank(place, 4, None, day)
        sheet.write_formula(place, 5, f'=B{place + 1}&"<"', None, text or "空")
        sheet.write_formula(place, 6, "=1/0", None, "#DIV/0!" if place % 5 == 0 else 1)
    sheet.merge_range(len(texts), 0, len(texts), 3, "合计")
    book.close()
    return stream.getvalue()


def by_openpyxl(texts: list[str], *, inline: bool) -> bytes:
    """Texts, numbers, days, booleans and errors; strings in the cells or shared."""
    book = openpyxl.Workbook(write_only=inline)
    sheet = book.create_sheet(SHEET)
    for place, text in enumerate(texts):
        day = datetime(2024, 3, 1 + place % 28, 8, 30)
        error = "#N/A" if place % 5 == 0 else None
        sheet.append([text, place * 1e-7 - 3, day, place % 2 == 0, error])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("write", [by_xlsxwriter, by_openpyxl])
@pytest.mark.parametrize("inline", [True, False])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), max_size=9))
@example(["甲 ", "<a & b>", "　", "", "专利\n号", "\t"])
def test_workbooks_of_every_writer_are_found_alike(
    write: Callable[..., bytes], inline: bool, texts: list[str]
) -> None:
    """Whatever the cells say."""
    for piece in (300, 1 << 16):
        require_same(write(texts, inline=inline), piece)


@pytest.mark.parametrize("write", [by_xlsxwriter, by_openpyxl])
@pytest.mark.parametrize("inline", [True, False])
def test_hardly_anything_of_a_usual_workbook_is_parsed(
    write: Callable[..., bytes], inline: bool
) -> None:
    """Otherwise each event is told in Python, at four times the cost."""
    content = write([f"专利{place}\nA & B" for place in range(500)], inline=inline)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [n for n in archive.namelist() if re.search(r"sheet\d+.xml$|sharedStr", n)]
        size = max(len(archive.read(name).decode()) for name in sheets)
    assert require_same(content, 4096, 1 << 30).taken > size * 0.85


CELL = '<row r="1">{}</row>'


@pytest.mark.parametrize(
    "row",
    [
        CELL.format('<c r="A1"><v>1</v></c>'),
        CELL.format('<c r="A1" s="1" t="n"><v>-1.5E-7</v></c>'),
        CELL.format('<c r="AB1" t="s" s="1"><v>12</v></c><c r="AC1" s="2"/>'),
        CELL.format('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> 甲&#xa;</t></is></c>'),
        '<row r="1" customFormat="false" ht="12.8" hidden="false" collapsed="false"></row>',
        '\n<row r="1">\n<c r="A1"><f ca="1">NOW()</f><v>1</v></c></row>',
    ],
)
def test_forms_of_writers_are_regular(row: str) -> None:
    """LibreOffice, POI and Excel, which do not run here."""
    assert regular_rows(row)


@pytest.mark.parametrize(
    "row",
    [
        CELL.format('<c r="A2"><v>1</v></c>'),
        CELL.format('<c r="A1" s="1" t="s" s="1"><v>1</v></c>'),
        CELL.format('<c r="A1"><f t="array" t="array">1</f><v>1</v></c>'),
        CELL.format('<c r="A1"><v>1e999</v></c>'),
        CELL.format('<c r="A1"><f>1</f></c>'),
        CELL.format('<c r="A1" t="str"><v>a]]>b</v></c>'),
        CELL.format('<c r="A1" t="str"><v>\r</v></c>'),
        CELL.format('<c r="A1" t="str"><v>\ufffe</v></c>'),
        CELL.format('<c r="A1" t="str"><v>&nbsp;</v></c>'),
        CELL.format('<c r="A1" t="str"><v>&#55296;</v></c>'),
        CELL.format('<c r="A1" t="str"><v><![CDATA[1]]></v></c>'),
        CELL.format('<c r="AAA1"><v>1</v></c>'),
        '<row r="1" ht="1" ht="2"></row>',
        '<row r="1"></row></sheetData>',
        "<row></row>",
    ],
)
def test_what_is_doubtful_is_left_to_the_parser(row: str) -> None:
    """It says what is wrong, or that nothing is."""
    assert regular_rows(row) is None
    assert regular_strings(row) is None


def test_regular_strings_are_their_texts() -> None:
    """An empty one is one, too; the sound of a text is none."""
    sound = '<phoneticPr fontId="1" type="noConversion"/>'
    run = f'<si><t>甲&amp;</t>{sound}</si><si><t/></si><si><t xml:space="preserve"> </t></si>'
    assert regular_strings(run) == ["甲&", "", " "]
    assert regular_strings("<si><r><t>甲</t></r></si>") is None
