"""Source contracts, read from where they are declared: the dbt source files.

What belongs here: the typed form of `dbt_project/models/staging/<source>/_<source>.yml`. What does
not: its columns (columns), what it may not say (contract_checks), reading a source (connectors) or
judging its rows (expectations).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.hashing import hash_json
from pipelines.sources.columns import ROUTINE_ONLY, STAGED_ONLY, Column
from pipelines.sources.contract_checks import contract_problems
from pipelines.sources.text_encodings import text_codec
from pipelines.strict_model import StrictModel, list_problems

_NOT_READ = {"label", "description", "as_", "words", *STAGED_ONLY, *ROUTINE_ONLY}
"""What a column says to those who come after landing: no byte is read otherwise for it."""


class _Numbers(StrictModel):
    """How numbers are written where they are text; a number of JSON or Excel has a point."""

    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", ""] | None = None
    """Between groups of three digits; a comma where the decimal sign is a point, else none."""

    @property
    def number_signs(self) -> tuple[str, str]:
        """The decimal sign and the one between thousands."""
        usual = "," if self.decimal == "." else ""
        return self.decimal, usual if self.thousands is None else self.thousands

    @model_validator(mode="after")
    def _signs_differ(self) -> _Numbers:
        if self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands: expected two signs, got {self.decimal} twice")
        return self


class CsvDialect(_Numbers):
    """Delimited text; nothing is sniffed."""

    connector: Literal["csv"]
    location: str
    encoding: Annotated[str, AfterValidator(text_codec)]
    """Any text encoding that Python knows, kept in Python's own spelling."""
    delimiter: str = ","
    quote: str = '"'
    nulls: tuple[str, ...] = ("",)


class ExcelDialect(_Numbers):
    """One worksheet of a workbook."""

    connector: Literal["excel"]
    location: str
    sheet: str
    title_rows: int = Field(default=0, ge=0)
    header_rows: int = Field(default=1, ge=1, le=3)
    fill_down: tuple[str, ...] = ()
    """Columns whose cells are merged over the rows of one item."""
    footer_marker: str | None = Field(default=None, pattern=r"^\S*[^\s：:]$")
    """Text in the first cell of the total row, without blanks and the colon after it, which are
    left out of the cell as well; rows from there on are not data."""
    footer_sums: tuple[str, ...] = ()
    """Columns whose delivered cells must add up to the total row."""
    nulls: tuple[str, ...] = ("",)


class JsonLinesDialect(_Numbers):
    """One JSON object a line, UTF-8."""

    connector: Literal["jsonl"]
    location: str
    ignored: tuple[str, ...] = ()
    """JSON paths that are delivered and deliberately not taken."""
    nulls: tuple[str, ...] = ("",)


class SqlDialect(StrictModel):
    """One table or view of a database, read in a consistent snapshot."""

    connector: Literal["sql"]
    location: str
    """Path of the SQLite file below ZHIBIAO_SOURCES; ZHIBIAO_CONNECTIONS[<source>] overrides it."""
    relation: str
    number_signs: ClassVar[tuple[str, str]] = (".", ",")
    cursor: str | None = None
    """Timestamp column by which changed rows are found; none reads the whole table."""
    overlap_days: int = Field(default=2, ge=0)
    nulls: tuple[str, ...] = ("",)


D = TypeVar("D", CsvDialect, ExcelDialect, JsonLinesDialect, SqlDialect)

Dialect = Annotated[
    CsvDialect | ExcelDialect | JsonLinesDialect | SqlDialect, Field(discriminator="connector")
]


class SourceTable(StrictModel):
    """The contract of one source table; one row per `grain`."""

    source: str
    name: str
    label: str
    description: str
    steward: str
    contract_version: int = Field(ge=1)
    delivery: Literal["period", "full", "increment"]
    """period: a file stands for its period and replaces it when delivered anew; full: each
    delivery replaces all; increment: each delivery adds and changes rows by key."""
    max_age_days: int = Field(ge=1)
    """Days after which the newest data counts as late."""
    key: tuple[str, ...] = Field(min_length=1)
    dialect: Dialect
    columns: tuple[Column, ...] = Field(min_length=1)

    @property
    def id(self) -> str:
        """`<source>__<table>`: its name in the landing schema, suites and messages."""
        return f"{self.source}__{self.name}"

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """Columns replaced by keyed pseudonyms before anything is written."""
        return tuple(c.name for c in self.columns if c.sensitivity == "personal")

    @property
    def labels(self) -> dict[str, str]:
        """What people call each column, by its delivered name."""
        return {column.name: column.label_zh for column in self.columns}

    @property
    def key_label(self) -> str:
        """What people call the key."""
        return "、".join(self.labels[name] for name in self.key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything declared, to tell one contract from another."""
        return hash_json(self.model_dump(mode="json"))

    def dialect_as(self, kind: type[D]) -> D:
        """The dialect, which the connector of that kind asks for.

        Raises:
            ContractError: the table is declared for another connector.
        """
        if not isinstance(self.dialect, kind):
            raise ContractError(
                f"{self.id}: expected a {kind.__name__}, got connector "
                f"{self.dialect.connector!r}. Ask the connector that the contract names."
            )
        return self.dialect

    @property
    def reading_fingerprint(self) -> str:
        """SHA-256 over what decides how bytes become rows; a mended label does not change it.

        Nor does a word that is left at its default, so that the language of contracts can grow.
        """
        said = self.model_dump(mode="json", include={"contract_version", "delivery", "key"})
        said["dialect"] = self.dialect.model_dump(
            mode="json", exclude={"location", "overlap_days"}, exclude_defaults=True
        )
        said["columns"] = [
            c.model_dump(mode="json", exclude=_NOT_READ, exclude_defaults=True)
            for c in self.columns
        ]
        return hash_json(said)

    @model_validator(mode="after")
    def _says_nothing_in_vain(self) -> SourceTable:
        if problems := list(contract_problems(self)):
            raise ValueError("; ".join(problems))
        return self


def _read_table(source: dict[str, Any], table: dict[str, Any]) -> SourceTable:
    meta = {**source.get("config", {}).get("meta", {}), **table.get("config", {}).get("meta", {})}
    columns = [
        {
            "name": c["name"],
            "data_type": c.get("data_type"),
            "description": c.get("description", ""),
            **c.get("config", {}).get("meta", {}),
        }
        for c in table.get("columns", [])
    ]
    return SourceTable(
        source=source["name"],
        name=table["name"],
        description=table.get("description", ""),
        columns=columns,
        **meta,
    )


def read_contracts(dbt_project: Path) -> dict[str, SourceTable]:
    """Read every source contract of a dbt project, by id, in alphabetical order.

    A dbt source whose tables carry no `dialect` (what the night itself writes) is not a contract.

    Raises:
        ContractError: naming the file, the table and what is wrong.
    """
    contracts: dict[str, SourceTable] = {}
    for path in sorted((dbt_project / "models" / "staging").glob("*/_*.yml")):
        try:
            contracts |= _read_file(path)
        except (AttributeError, KeyError, TypeError) as error:
            raise ContractError(
                f"{path.name}: expected `sources:`, each with a name and `tables:`, and these with "
                f"a name and `columns:`, got another shape ({type(error).__name__}: {error}). "
                "Take a neighbouring file as the model."
            ) from None
    return dict(sorted(contracts.items()))


def _read_file(path: Path) -> dict[str, SourceTable]:
    contracts: dict[str, SourceTable] = {}
    for source in (read_declaration(path) or {}).get("sources", []):
        for table in source.get("tables", []):
            if "dialect" not in table.get("config", {}).get("meta", {}):
                continue
            identifier = f"{source['name']}__{table['name']}"
            try:
                contracts[identifier] = _read_table(source, table)
            except ValidationError as error:
                raise ContractError(
                    f"{path.name}, {identifier}: expected a usable contract, got: "
                    f"{list_problems(error, 'table')}. docs/add-a-source.md lists what a contract "
                    "may say."
                ) from None
            if table.get("identifier", identifier) != identifier:
                raise ContractError(
                    f"{path.name}, {identifier}: expected identifier {identifier!r}, "
                    f"got {table['identifier']!r}. Leave the two names equal."
                )
    return contracts
