"""Labels of ledgers: read from beside the models, refused where they would do nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ContractError
from pipelines.metrics.ledger_labels import Label, read_ledger_labels
from tests.declared import our_contracts, our_labels

SEMANTIC = """
semantic_models:
  - name: stalls
    model: ref('stalls')
    dimensions:
      - {name: listed_on, type: time}
      - {name: listing_kind, type: categorical}
"""
COLUMNS = """
models:
  - name: stalls
    columns:
      - {name: listed_on, config: {meta: {label: 认定日期}}}
      - {name: is_open, config: {meta: {label: 是否营业}}}
      - {name: extract_id}
"""


def read(folder: Path, last: str) -> dict[str, Label]:
    ledgers = folder / "models" / "ledgers" / "stalls"
    ledgers.mkdir(parents=True)
    (ledgers / "stalls.yml").write_text(
        f"{SEMANTIC}{COLUMNS}      - {{name: {last}}}\n", encoding="utf-8"
    )
    return dict(read_ledger_labels(folder, our_contracts())["stalls"])


def column(name: str, said: str) -> str:
    return f"{name}, config: {{meta: {{{said}}}}}"


def kind(values: str) -> str:
    return column("listing_kind", f"label: 类型, values: {values}")


def test_codes_are_called_by_their_own_words_or_by_those_that_a_source_delivers(
    tmp_path: Path,
) -> None:
    own = read(tmp_path / "a", kind("{stall: 摊位}"))
    assert own == {
        "listed_on": Label("认定日期"),
        "is_open": Label("是否营业", {"true": "是", "false": "否"}),
        "extract_id": Label("来源批次"),
        "listing_kind": Label("类型", {"stall": "摊位"}),
    }
    delivered = read(tmp_path / "b", kind("listings"))
    assert delivered["listing_kind"].values["common_prosperity_stall"] == "共富菜市摊位"
    assert read(tmp_path / "c", kind("as_delivered"))["listing_kind"] == Label("类型")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (kind("nowhere"), "a ledger or source that has words for listing_kind"),
        (kind("{stall: stall}"), "codes with Chinese words"),
        (kind("[stall, booth]"), "codes with Chinese words"),
        (column("is_new", "label: 是否新设, values: {a: 甲}"), "what is 是 or 否"),
        (column("row_number", "label: 行"), "no label, which all ledgers share"),
        (column("note", "label: 说明, values: {a: 甲}"), "categorical dimensions only"),
    ],
)
def test_words_that_would_do_nothing_are_refused(tmp_path: Path, said: str, problem: str) -> None:
    others = "" if said.startswith("listing_kind") else f"{kind('{a: 甲}')}}}\n      - {{name: "
    with pytest.raises(ContractError, match=rf"stalls\.yml, stalls\.\w+: expected .*{problem}"):
        read(tmp_path, others + said)


def test_a_code_of_two_words_is_called_by_the_first_and_industries_by_their_sections() -> None:
    labels = our_labels()
    assert labels["ip_pledges"]["amount_kind"].values["secured"] == "担保金额"
    sections = labels["registrations"]["industry_section_code"].values
    assert "".join(sections) == "ABCDEFGHIJKLMNOPQRST"


def test_two_ledgers_that_name_each_other_are_refused(tmp_path: Path) -> None:
    ledgers = tmp_path / "models" / "ledgers" / "rooms"
    ledgers.mkdir(parents=True)
    other = (SEMANTIC + COLUMNS).replace("stalls", "rooms")
    (ledgers / "rooms.yml").write_text(f"{other}      - {{name: {kind('stalls')}}}\n")
    with pytest.raises(
        ContractError, match=r"listing_kind: expected values: .*, got (rooms|stalls)"
    ):
        read(tmp_path, kind("rooms"))


def test_a_dimension_stands_among_the_columns_of_its_model(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"stalls\.listing_kind: expected among the columns"):
        read(tmp_path, "another")


def test_every_list_of_a_register_is_called_as_its_contract_is() -> None:
    assert our_labels()["listings"]["source_table"].values["listings__talents"] == "人才名录"
