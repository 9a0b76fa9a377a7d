"""Personal numbers: found in a text and blotted out.

What belongs here: what a number that names a person looks like. What does not: values of personal
columns, which are pseudonyms before anything is written (pseudonyms), and names that a sender chose
(sender_names), which are looked at more strictly than whole messages.
"""

from __future__ import annotations

import re

BLOTTED = "（号码已隐去）"

# The last net under what errors say: a mobile number or an identity number is never passed on.
_PERSONAL_NUMBERS = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx])(?!\d)"
)

_LONG_NUMBER = re.compile(
    r"[\w.%+-]+@[\w.-]+"  # an e-mail address
    r"|[0-9A-Z]{2}\d{6}[0-9A-Z]{10,}"  # a credit code, also of an individual household
    r"|\d(?:[\W_]{0,2}\d){6,}[Xx]?",  # seven digits or more, however they are grouped
    re.IGNORECASE,
)
_SPAN_OF_TIME = re.compile(r"(?:19|20)\d\d\W?(?:[01]\d\W?[0-3]\d|(?:19|20)\d\d)")
"""A day or two years: the only long numbers that stand in honest names."""


def mask_personal_numbers(text: str) -> str:
    """The text with mobile and identity numbers blotted out."""
    return _PERSONAL_NUMBERS.sub(BLOTTED, text)


def mask_long_numbers(text: str) -> str:
    """The text with every number blotted out that could be somebody's, and e-mail addresses.

    Stricter than `mask_personal_numbers`: numbers glued together, grouped by blanks or hyphens, in
    full-width digits, of a bank card, a land line or a credit code. Days and spans of years stay.
    """
    return _LONG_NUMBER.sub(
        lambda found: found[0] if _SPAN_OF_TIME.fullmatch(found[0]) else BLOTTED, text
    )
