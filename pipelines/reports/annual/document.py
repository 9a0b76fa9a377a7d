"""The annual report as a Word document: templates/annual.docx, filled in.

The template is a document that a report author opens and restyles in Word: faces, colours, margins,
the order of its parts. What belongs here: what its tags stand for. What does not: how it looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.image.image import Image
from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage

from pipelines.reports.annual.drawing import Picture
from pipelines.reports.annual.wording import MEANINGS, ROUNDING, UNFINISHED, printable, title_of
from pipelines.reports.contents import Contents, Figure
from pipelines.reports.figures import ReleaseIdentity
from pipelines.reports.formats import SYNTHETIC

TEMPLATE = Path(__file__).parent / "templates" / "annual.docx"
_WIDEST, _TALLEST = Cm(17), Cm(12)
"""What a page takes beside the table before: a taller picture would leave half of it empty."""


def render_document(contents: Contents, pictures: Mapping[str, Sequence[Picture]]) -> bytes:
    """The document as bytes, the same each time; `pictures` are the charts by section."""
    template = DocxTemplate(TEMPLATE)
    template.render(_fill(template, contents, pictures), autoescape=True)
    document = template.docx
    shown = [p for section in contents.sections for p in pictures.get(section.name, ())]
    for shape, picture in zip(document.inline_shapes, shown, strict=True):
        # For those who cannot see it.
        shape._inline.docPr.set("descr", printable(picture.description))
    properties = document.core_properties
    properties.title = title_of(contents.year)
    properties.created = properties.modified = datetime.combine(contents.release.as_of, time.min)
    written = BytesIO()
    template.save(written)
    return _date(written, contents.release)


def _fill(
    template: DocxTemplate, contents: Contents, pictures: Mapping[str, Sequence[Picture]]
) -> dict[str, Any]:
    """What the template's tags stand for."""
    return {
        "title": title_of(contents.year),
        "year": contents.year,
        "dating": contents.release.dating,
        "synthetic": SYNTHETIC if contents.release.is_synthetic else "",
        "unfinished": UNFINISHED if contents.is_unfinished else "",
        "rounding": ROUNDING,
        "marks": list(MEANINGS.items()),
        "main": [_row(figure) for figure in contents.main],
        "remarks": [printable(line) for line in contents.remarks],
        "sections": [
            {
                "name": printable(section.name),
                "figures": [_row(figure) for figure in section.figures],
                "pictures": list(_images(template, pictures.get(section.name, ()))),
            }
            for section in contents.sections
        ],
        "states": [
            {
                "source": printable(state.source),
                "through": state.data_through or "—",
                "stale_from": state.stale_from or "—",
                "reason": printable(state.reason or "正常"),
            }
            for state in contents.states
        ],
    }


def _row(figure: Figure) -> dict[str, Any]:
    said = {
        "label": figure.indicator.label_zh,
        "value": figure.shown.text,
        "unit": figure.indicator.scale.unit,
        "before": figure.before_text,
        "change": figure.change.text,
        "marks": figure.marks,
        "definition": figure.indicator.definition,
    }
    notes = [(name, printable(text)) for name, text in figure.notes]
    return {name: printable(text) for name, text in said.items()} | {"notes": notes}


def _images(template: DocxTemplate, pictures: Sequence[Picture]) -> Iterator[dict[str, Any]]:
    for picture in pictures:
        drawn = Image.from_blob(picture.png)
        shrunk = min(1.0, _WIDEST / drawn.width, _TALLEST / drawn.height)
        image = InlineImage(template, BytesIO(picture.png), width=round(drawn.width * shrunk))
        yield {"title": printable(picture.title), "image": image}


def _date(written: BytesIO, release: ReleaseIdentity) -> bytes:
    """The file dated by the release and not by the clock: equal contents are equal bytes."""
    dated, day = BytesIO(), release.as_of
    with ZipFile(written) as source, ZipFile(dated, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return dated.getvalue()
