"""The face that charts are written in: brought by a wheel, so that a bare machine draws Chinese.

What belongs here: making the renderer know the face, and proof that it draws. What does not: the
faces of Word and of the reader's browser, which they have themselves (document, page).
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import vl_convert

from pipelines.errors import SettingsError

FACE = "Noto Sans CJK SC"
_PACKAGE = "noto_cjk_sans_otc"
# Stands for no character: no face has it, while symbol faces fill what is for private use.
_NOT_DRAWN = "\u0378"
_PROBED = "指标月"


def prepare_face() -> None:
    """Make the charts' renderer know the face of the installed font package.

    Raises:
        SettingsError: when it then draws no Chinese: boxes or gaps would stand in the report.
    """
    try:
        with as_file(files(_PACKAGE)) as folder:
            use_face_in(folder)
    except ModuleNotFoundError:
        raise SettingsError(_refusal("no such package")) from None


def use_face_in(folder: Path) -> None:
    """Make the renderer know the faces in a folder, and see that Chinese is drawn.

    Raises:
        SettingsError: when it is not.
    """
    vl_convert.register_font_directory(str(folder))
    missing = [glyph for glyph in _PROBED if not draws(glyph)]
    if missing:
        raise SettingsError(_refusal(f"none for {''.join(missing)}"))


def draws(glyph: str) -> bool:
    """Whether the renderer draws a glyph of its own, neither a gap nor the box of a missing one."""
    drawn = _draw(glyph)
    return drawn not in (_draw(""), _draw(_NOT_DRAWN))


def _draw(text: str) -> bytes:
    return bytes(
        vl_convert.svg_to_png(
            '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">'
            f'<text x="4" y="24" font-size="20" font-family="{FACE}">{text}</text></svg>'
        )
    )


def _refusal(got: str) -> str:
    return (
        f"charts: expected Chinese glyphs of {FACE} from the package {_PACKAGE}, got {got}. "
        "Install what requirements.lock names: make nightly does."
    )
