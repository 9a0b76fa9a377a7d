"""Parsing macros against cases written by hand and against implementations that are not ours."""

from __future__ import annotations

import random
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pytest
from stdnum.cn import uscc

from pipelines.quality.rule_functions import read_functions
from pipelines.settings import PROJECT_ROOT
from tests.dbt.conftest import LedgerBuild

MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "registered_capital.sql"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def answers(sql: str, texts: list[str | None]) -> list[tuple[object, ...]]:
    """What a compiled macro says of each text, in order."""
    with duckdb.connect() as connection:
        connection.execute("create table texts (written varchar)")
        connection.execute("insert into texts select unnest(?::varchar[])", [texts])
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("50万人民币", "500000.00", "CNY"),
        ("5,000(万美元)", "50000000.00", "USD"),
        ("5，000（万美元）", "50000000.00", "USD"),
        ("100.5万元人民币", "1005000.00", "CNY"),
        ("3000000元", "3000000.00", "CNY"),
        ("100万元", "1000000.00", "CNY"),
        ("1.2亿元人民币", "120000000.00", "CNY"),
        ("200 万 港元", "2000000.00", "HKD"),
        ("３００万欧元", "3000000.00", "EUR"),
        ("0.000001万人民币", "0.01", "CNY"),
        ("10万新加坡元", "100000.00", "SGD"),
        ("1000(万香港元)", "10000000.00", "HKD"),
        ("1000.0000(万元)人民币", "10000000.00", "CNY"),
        ("200.5万澳门元", "2005000.00", "MOP"),
        ("3百万瑞典克朗", "3000000.00", "SEK"),
        ("50(万马来西亚林吉特)", "500000.00", "MYR"),
        ("12万德国马克", "120000.00", "DEM"),
        ("100千美元", "100000.00", "USD"),
        ("12345", None, None),
        ("N/A", None, None),
        ("", None, None),
        ("五十万", None, None),
        ("50万贝壳", None, None),
        ("-50万人民币", None, None),
        ("1.2.3万人民币", None, None),
        (None, None, None),
    ],
)
def test_registered_capital_is_read_as_registries_write_it(
    ledger_build: LedgerBuild, written: str | None, amount: str | None, currency: str | None
) -> None:
    expected = (Decimal(amount) if amount else None, currency)
    assert answers(ledger_build.macros["capital"], [written]) == [expected]


Parts = tuple[Decimal, Decimal]


def quotients(ledger_build: LedgerBuild, pairs: list[Parts]) -> list[tuple[Decimal | None, ...]]:
    """Quotient, change and share of each pair of value and base, of kind sum."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table pairs (kind varchar, value decimal(24, 6), base decimal(24, 6))"
        )
        connection.executemany("insert into pairs values ('sum', ?, ?)", pairs)
        return connection.execute(ledger_build.macros["quotients"]).fetchall()


def test_quotients_are_rounded_half_up_once(ledger_build: LedgerBuild) -> None:
    """Against Python's decimals with sixty digits; ties among them."""
    dice = random.Random(2024)  # noqa: S311 the same pairs every time
    pairs = [
        (Decimal(n), Decimal(2_000_000)) for n in (-3, -1, 1, 3, 5)
    ]  # halves of the last place
    for digits in [2, 6, 12, 18, 24] * 200:
        whole = dice.choice([1, -1]) * dice.randrange(1, 10**digits)
        part = dice.randrange(-(10**digits), 10**digits)
        pairs.append((Decimal(part).scaleb(-6), Decimal(whole).scaleb(-6)))
    for (value, base), (found, *_) in zip(pairs, quotients(ledger_build, pairs), strict=True):
        with localcontext(prec=60):
            exact = (value / base).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
        assert found == exact, (value, base)


@pytest.mark.parametrize(
    ("value", "base", "quotient", "change", "share"),
    [
        ("3", "2", "1.5", "0.5", "1.5"),
        ("3", "0", None, None, None),
        ("3", "-2", "-1.5", None, None),  # a base below zero gives no rate
        ("0", "2", "0", "-1", "0"),
    ],
)
def test_only_a_base_above_zero_gives_a_rate(
    ledger_build: LedgerBuild,
    value: str,
    base: str,
    quotient: str | None,
    change: str | None,
    share: str | None,
) -> None:
    expected = tuple(None if text is None else Decimal(text) for text in (quotient, change, share))
    assert quotients(ledger_build, [(Decimal(value), Decimal(base))]) == [expected]


def test_a_capital_too_large_for_its_column_is_unreadable_and_not_an_error(
    ledger_build: LedgerBuild,
) -> None:
    [(amount, _)] = answers(ledger_build.macros["capital"], ["9" * 40 + "亿元"])
    assert amount is None


def test_the_gate_warns_of_exactly_what_the_ledger_cannot_read(ledger_build: LedgerBuild) -> None:
    """The two know the same currencies, and each name reads with any multiple."""
    lines = re.findall(r"^ +[A-Z]{3} (.+)$", MACRO.read_text(encoding="utf-8"), re.MULTILINE)
    names = " ".join(lines).split()
    assert len(names) > 60
    written: list[str | None] = [
        f"{number}{multiple}{name}"
        for number in ("5", "1,000.50")
        for multiple in ("", "万", "(百万", "亿元")
        for name in [*names, "贝壳", "", "元"]
    ]
    written += ["12345", "五十万", "-5万元", "1.2.3万", "50万人民币元", "5 万 美元", "元", "面议"]
    read = [amount is not None for amount, _ in answers(ledger_build.macros["capital"], written)]
    with duckdb.connect() as connection:
        connection.execute(read_functions(PROJECT_ROOT / "expectations"))
        connection.execute("create table texts (place integer, written varchar)")
        connection.executemany("insert into texts values (?, ?)", list(enumerate(written)))
        passed = connection.execute(
            "select is_readable_capital(written) from texts order by place"
        ).fetchall()
    assert {t for t, a, (b,) in zip(written, read, passed, strict=True) if a != b} == set()
    assert any(read)
    assert not all(read)


def organisation_check(body: str) -> str:
    """Check character of GB 11714 over eight characters."""
    values = [int(c) if c.isdigit() else ord(c) - ord("A") + 10 for c in body]
    remainder = 11 - sum(w * v for w, v in zip(ORGANISATION_WEIGHTS, values, strict=True)) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def code_check(body: str) -> str:
    """Check character of GB 32100 over seventeen characters."""
    total = sum(w * ALPHABET.index(c) for w, c in zip(WEIGHTS, body, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def make_code(rng: random.Random) -> str:
    """A code with both check characters right."""
    area = rng.choice(["330108", "330103", "330104", "330185"])
    body = "".join(rng.choices(ALPHABET, k=8))
    head = f"{rng.choice(['91', '92', '93', '52', 'A1', 'N2'])}{area}{body}"
    head += organisation_check(body)
    return head + code_check(head)


def follows_the_standards(code: str) -> bool:
    """GB 32100 and GB 11714, written out once more."""
    return (
        len(code) == 18
        and set(code) <= set(ALPHABET)
        and code[0] in "123456789ANY"
        and (code[0] != "9" or code[1] in "1239")
        and code[2:8].isdecimal()
        and code[16] == organisation_check(code[8:16])
        and code[17] == code_check(code[:17])
    )


def test_credit_codes_with_one_character_changed_are_told_from_valid_ones(
    ledger_build: LedgerBuild,
) -> None:
    """Every valid code passes, and its damaged twin exactly when the standards say so."""
    rng = random.Random(20240101)  # noqa: S311 - a seeded sample, no secret
    valid = [make_code(rng) for _ in range(3000)]
    damaged = []
    for code in valid:
        place = rng.randrange(18)
        damaged.append(code[:place] + rng.choice(ALPHABET + "IOZSV") + code[place + 1 :])
    codes = [*valid, *damaged]
    found = [is_valid for is_valid, _ in answers(ledger_build.macros["credit_codes"], [*codes])]
    assert found[: len(valid)] == [True] * len(valid)
    assert found == [follows_the_standards(code) for code in codes]


def test_no_code_passes_that_the_public_library_refuses(ledger_build: LedgerBuild) -> None:
    """python-stdnum checks less, so it may only be the more lenient; it knows no A and N."""
    rng = random.Random(7)  # noqa: S311 - a seeded sample, no secret
    codes: list[str | None] = []
    while len(codes) < 3000:
        head = "".join(rng.choices(ALPHABET, k=17))
        codes.append(head[:8] + make_code(rng)[8:17] + rng.choice(ALPHABET))
        codes.append(make_code(rng))
    found = answers(ledger_build.macros["credit_codes"], codes)
    passed = [code for code, (is_valid, _) in zip(codes, found, strict=True) if is_valid and code]
    assert len(passed) > 1000
    assert [code for code in passed if code[0] not in "AN" and not uscc.is_valid(code)] == []


@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        "91330108MA27XGJF1",
        "91330108ma27xgjf1q",
        "91330108MA27XGJF1Q0",
        "统一社会信用代码",
    ],
)
def test_what_is_not_a_credit_code_is_invalid_and_never_null(
    ledger_build: LedgerBuild, code: str | None
) -> None:
    assert answers(ledger_build.macros["credit_codes"], [code])[0][0] is False


def test_the_category_after_authority_9_tells_the_kind(ledger_build: LedgerBuild) -> None:
    found = answers(ledger_build.macros["credit_codes"], ["91", "92", "93", "51", None])
    kinds = [kind for _, kind in found]
    assert kinds == ["enterprise", "individual_household", "cooperative", None, None]
