"""Identifiers that pass their checks: credit codes, identity numbers, telephone numbers, names.

Whole columns at a time. Rules: GB 32100-2015 (USCC, 18 characters, base 31), GB 11714 (organisation
code, characters 9 to 17 of a USCC), GB 11643 (identity number). All persons are made up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from demo.dice import Dice
from demo.frames import Flags, Integers, Objects, pick
from demo.vocabulary import GIVEN_NAMES, SURNAME_WEIGHTS, SURNAMES
from demo.working_days import months_of

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ASCII = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_VALUES = np.asarray([int(character, 36) for character in USCC_ALPHABET])
_ORGANISATION_CHECKS = np.asarray([USCC_ALPHABET.index(check) for check in "0123456789X0"])
# Multipliers prime to the modulus: neighbours get codes far apart, and all are distinct.
_MODERN, _MODERN_STEP = 31**6, 402_653_189
_OLD, _OLD_STEP = 10**8, 61_803_399
_MODERN_PREFIX = USCC_ALPHABET.index("M") * 31 + USCC_ALPHABET.index("A")

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_ASCII = np.frombuffer(b"0123456789X", dtype=np.uint8)
# Counties whose code never changed, so that every year of birth goes with it.
_ID_AREAS = (330122, 330127, 340121, 340421, 350121, 360121, 422823, 430321, 510121, 522324)
_PHONE_PREFIXES = (
    130, 131, 135, 136, 137, 138, 139, 150, 151, 152, 156, 157, 158, 159, 177, 180, 181, 182, 186,
    187, 188, 189, 198, 199,
)  # fmt: skip


def _as_texts(characters: npt.NDArray[np.uint8]) -> Objects:
    """Each row of a matrix of ASCII codes as one string."""
    width = characters.shape[1]
    joined = np.ascontiguousarray(characters).view(f"S{width}").ravel()
    return joined.astype(f"U{width}").astype(object)


def _digits(values: Integers, width: int, base: int = 10) -> Integers:
    powers = base ** np.arange(width - 1, -1, -1, dtype=np.int64)
    digits: Integers = values[:, None] // powers % base
    return digits


def credit_codes(
    numbers: Integers, categories: Integers, areas: Integers, is_modern: Flags
) -> Objects:
    """One USCC per number, distinct for distinct numbers below 10^8.

    Authority 9; `categories` 1 enterprise, 2 household, 3 cooperative; `areas` six digits as an
    integer. Codes since October 2015 (`is_modern`) begin their organisation part with MA.
    """
    modern = _MODERN_PREFIX * _MODERN + numbers * _MODERN_STEP % _MODERN
    old = numbers * _OLD_STEP % _OLD
    organisations = np.where(is_modern[:, None], _digits(modern, 8, 31), _digits(old, 8))
    weighed = _ORGANISATION_VALUES[organisations] @ np.asarray(_ORGANISATION_WEIGHTS)
    values = np.column_stack([
        np.full_like(numbers, 9), categories, _digits(areas, 6), organisations,
        _ORGANISATION_CHECKS[11 - weighed % 11],
    ])  # fmt: skip
    checks = -(values @ np.asarray(_USCC_WEIGHTS)) % 31
    return _as_texts(_ASCII[np.column_stack([values, checks])])


def break_check_character(code: str) -> str:
    """The code with a check character that cannot be right."""
    place = USCC_ALPHABET.index(code[-1])
    return code[:-1] + USCC_ALPHABET[(place + 7) % 31]


def break_organisation_check(code: str) -> str:
    """The code with a wrong organisation check digit under a right check character."""
    changed = code[:16] + ("1" if code[16] != "1" else "2")
    values = [USCC_ALPHABET.index(character) for character in changed]
    return changed + USCC_ALPHABET[-int(np.dot(values, _USCC_WEIGHTS)) % 31]


def identity_numbers(dice: Dice, ids: Integers) -> Objects:
    """One 18-character identity number per person, of an adult, with a valid check character."""
    draws, oldest = dice.of(ids), np.datetime64("1955-01-01")
    areas = np.asarray(_ID_AREAS)[draws.below("id area", len(_ID_AREAS))]
    born = oldest + draws.below("id birth", 50 * 365 + 13)  # until 2004-12-31
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    birth = months_of(born) * 100 + day
    sequence = draws.between("id sequence", 1, 999)
    digits = _digits((areas * 10**8 + birth) * 1000 + sequence, 17)
    checks = (12 - digits @ np.asarray(_ID_WEIGHTS)) % 11
    return _as_texts(_ID_ASCII[np.column_stack([digits, checks])])


def phone_numbers(dice: Dice, ids: Integers) -> Objects:
    """One eleven-digit mobile number per person."""
    draws = dice.of(ids)
    prefixes = np.asarray(_PHONE_PREFIXES)[draws.below("phone prefix", len(_PHONE_PREFIXES))]
    return (prefixes * 10**8 + draws.below("phone", 10**8)).astype(str).astype(object)


def person_names(dice: Dice, ids: Integers) -> Objects:
    """One Chinese personal name per person."""
    draws = dice.of(ids)
    surnames = pick(SURNAMES, draws.choose("surname", SURNAME_WEIGHTS))
    names: Objects = surnames + draws.pick("given name", GIVEN_NAMES)
    return names
