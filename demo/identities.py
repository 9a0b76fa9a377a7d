"""Identifiers that pass their checks: credit codes, identity numbers, telephone numbers, names.

Whole columns at a time. Rules: GB 32100-2015 (USCC, 18 characters, base 31), GB 11714 (organisation
code, characters 9 to 17 of a USCC), GB 11643 (identity number). All persons are made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from demo.dice import Dice, Flags, Integers
from demo.vocabulary import FEMALE_NAMES, MALE_NAMES, SURNAME_WEIGHTS, SURNAMES
from demo.working_days import day_number

Texts = npt.NDArray[np.object_]

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# Counties whose code never changed, so that every year of birth goes with it.
_ID_AREAS = (330122, 330127, 340121, 340421, 350121, 360121, 422823, 430321, 510121, 522324)
_PHONE_PREFIXES = (
    "130", "131", "135", "136", "137", "138", "139", "150", "151", "152", "156", "157", "158",
    "159", "177", "180", "181", "182", "186", "187", "188", "189", "198", "199",
)  # fmt: skip

_VALUES = np.zeros(128, dtype=np.int64)  # value of a character in the USCC's base 31
for _value, _character in enumerate(USCC_ALPHABET):
    _VALUES[ord(_character)] = _value
_ORGANISATION_VALUES = np.zeros(128, dtype=np.int64)  # GB 11714: A=10 … Z=35, no gaps
for _value, _character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
    _ORGANISATION_VALUES[ord(_character)] = _value
_ALPHABET_CODES = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
_ORGANISATION_CHECKS = np.frombuffer(b"0123456789X0", dtype=np.uint8)

_MODERN = 31**6
_OLD = 10**8
# Multipliers prime to the modulus: neighbours get codes far apart, and all are distinct.
_MODERN_STEP, _OLD_STEP = 402_653_189, 61_803_399


def pick(texts: Sequence[str | None], index: Integers) -> Texts:
    """The text at each index."""
    chosen: Texts = np.asarray(texts, dtype=object)[index]
    return chosen


def withhold(texts: Texts, is_withheld: Flags) -> Texts:
    """The texts, with nothing where a flag is set."""
    given = texts.astype(object)
    given[is_withheld] = None
    return given


def _characters(texts: npt.NDArray[np.uint8]) -> Texts:
    """Each row of a matrix of ASCII codes as one string."""
    width = texts.shape[1]
    joined = np.ascontiguousarray(texts).view(f"S{width}").ravel()
    return joined.astype(f"U{width}").astype(object)


def _digits(values: Integers, width: int, base: int = 10) -> npt.NDArray[np.int64]:
    powers = base ** np.arange(width - 1, -1, -1, dtype=np.int64)
    result: npt.NDArray[np.int64] = values[:, None] // powers % base
    return result


def credit_codes(
    numbers: Integers, categories: Integers, areas: Integers, is_modern: npt.NDArray[np.bool_]
) -> Texts:
    """One USCC per number, distinct for distinct numbers below 10^8.

    Authority 9; `categories` 1 enterprise, 2 household, 3 cooperative; `areas` six digits as an
    integer. Codes since October 2015 (`is_modern`) begin their organisation part with MA.
    """
    codes = np.empty((len(numbers), 18), dtype=np.uint8)
    codes[:, 0] = ord("9")
    codes[:, 1] = categories + ord("0")
    codes[:, 2:8] = _digits(areas, 6) + ord("0")
    modern = _ALPHABET_CODES[_digits(numbers * _MODERN_STEP % _MODERN, 6, 31)]
    old = _digits(numbers * _OLD_STEP % _OLD, 8) + ord("0")
    codes[:, 8:16] = np.where(is_modern[:, None], 0, old)
    codes[is_modern, 8], codes[is_modern, 9] = ord("M"), ord("A")
    codes[is_modern, 10:16] = modern[is_modern]
    organisation = _ORGANISATION_VALUES[codes[:, 8:16]] @ np.asarray(_ORGANISATION_WEIGHTS)
    codes[:, 16] = _ORGANISATION_CHECKS[11 - organisation % 11]
    check = (31 - _VALUES[codes[:, :17]] @ np.asarray(_USCC_WEIGHTS) % 31) % 31
    codes[:, 17] = _ALPHABET_CODES[check]
    return _characters(codes)


def check_character(code: str) -> str:
    """The check character that belongs to the first 17 characters (GB 32100)."""
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(code[:17], _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def break_check_character(code: str) -> str:
    """The code with a check character that cannot be right."""
    place = USCC_ALPHABET.index(code[-1])
    return code[:-1] + USCC_ALPHABET[(place + 7) % 31]


def break_organisation_check(code: str) -> str:
    """The code with a wrong organisation check digit under a right check character."""
    digit = "1" if code[16] != "1" else "2"
    changed = code[:16] + digit
    return changed + check_character(changed)


def identity_numbers(dice: Dice, ids: Integers) -> Texts:
    """One 18-character identity number per person, of an adult, with a valid check character."""
    areas = np.asarray(_ID_AREAS)[dice.below("id area", ids, len(_ID_AREAS))]
    oldest, youngest = day_number(date(1955, 1, 1)), day_number(date(2004, 12, 31))
    born = dice.between("id birth", ids, oldest, youngest).astype("datetime64[D]")
    months = born.astype("datetime64[M]").astype(np.int64)
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    birth = (1970 + months // 12) * 10_000 + (months % 12 + 1) * 100 + day
    digits = np.empty((len(ids), 17), dtype=np.int64)
    digits[:, :6] = _digits(areas, 6)
    digits[:, 6:14] = _digits(birth, 8)
    digits[:, 14:] = _digits(dice.between("id sequence", ids, 1, 999), 3)
    check = digits @ np.asarray(_ID_WEIGHTS) % 11
    codes = np.empty((len(ids), 18), dtype=np.uint8)
    codes[:, :17] = digits + ord("0")
    codes[:, 17] = np.frombuffer(_ID_CHECKS.encode(), dtype=np.uint8)[check]
    return _characters(codes)


def phone_numbers(dice: Dice, ids: Integers) -> Texts:
    """One eleven-digit mobile number per person."""
    prefixes = np.asarray([int(p) for p in _PHONE_PREFIXES])
    chosen = prefixes[dice.below("phone prefix", ids, len(prefixes))]
    numbers = chosen * _OLD + dice.below("phone", ids, _OLD)
    return _characters((_digits(numbers, 11) + ord("0")).astype(np.uint8))


def person_names(dice: Dice, ids: Integers) -> Texts:
    """One Chinese personal name per person."""
    surnames = np.asarray(SURNAMES, dtype=object)
    given = np.asarray([*MALE_NAMES, *FEMALE_NAMES], dtype=object)
    names: Texts = (
        surnames[dice.choose("surname", ids, SURNAME_WEIGHTS)]
        + given[dice.below("given name", ids, len(given))]
    )
    return names
