"""The SQL that dbt compiles is read by two engines: DuckDB runs it, Spark's grammar takes it.

No Spark runs here. dbt compiles every model and data test for its Spark adapter, and sqlglot reads
the text by Spark's rules; what sqlglot lets pass is held by the list of forms.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.dbt.build_database import DBT_PROJECT
from tests.dbt.portable_sql import FORMS, SOURCE_FORMS, Form, find_forms

SPARK = {"type": "spark", "method": "session", "host": "none", "schema": "main", "threads": 1}

REFUSED = {
    "varchar": "select cast(a as varchar) as a from t",
    '"name"': 'select "a" as a from t',
    "'x''y'": "select 'x''y' as a from t",
    "a backslash": r"select regexp_extract(a, '\d', 0) as a from t",
    "qualify": "select a from t qualify row_number() over (order by a nulls last) = 1",
    "group by all": "select a, count(*) as n from t group by all",
    "filter (where …) over": "select count(*) filter (where a) over (partition by b) as n from t",
    "* replace or exclude": "select * replace (1 as a) from t",
    "an alias in where": "select a + 1 as b from t where b > 1",
    "having grouping()": "select a from t group by grouping sets ((a), ()) having grouping(a) = 0",
    "a trailing comma": "select a, from t",
    "a quotient": "select a / b as c from t",
    "order by without nulls": "select rank() over (order by a nulls last, lower(b)) as n from t",
    "weekday()": "select weekday(a) as a from t",
    "::": "select a::date as a from t",
}

TAKEN = """
-- "a", 'it''s' and weekday( in a comment are nobody's business.
select
    cast(null as string) as word,
    'it\\'s' as quoted,
    `统一社会信用代码` as code,
    b as b,
    count(case when a then 1 end) over (partition by b) as n,
    (n - n % d) / d as whole,
    sum(n) over (order by a nulls last, b desc nulls last rows unbounded preceding) as so_far
from (select a, b, n, d from t where b > 1) as inner_rows
where b > 1
"""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_that_two_engines_read_differently_is_found_with_its_reason(form: Form) -> None:
    found = [problem for problem in find_forms(REFUSED[form.name]) if problem.startswith(form.name)]
    assert len(found) == 1, found
    assert form.reason in found[0]
    assert form.instead in found[0]


def test_what_both_engines_read_alike_is_left_alone() -> None:
    assert find_forms(TAKEN) == []


def test_what_spark_cannot_parse_is_said() -> None:
    (problem,) = find_forms("select a from")
    assert problem.startswith("expected SQL that sqlglot reads as Spark's")


@pytest.fixture(scope="module")
def compiled_for_spark(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of every model and data test, as dbt compiles it for Spark, by its file."""
    folder = tmp_path_factory.mktemp("spark")
    # dbt looks whether PySpark is installed, and would use it only to send a query.
    (folder / "pyspark.py").touch()
    profile = {"zhibiao": {"target": "spark", "outputs": {"spark": SPARK}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"), "--no-populate-cache", "compile", "--quiet",
            "--no-introspect", "--project-dir", DBT_PROJECT, "--profiles-dir", folder,
            "--target-path", folder / "target", "--log-path", folder / "logs",
        ],
        env={**os.environ, "PYTHONPATH": str(folder), "DO_NOT_TRACK": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = folder / "target" / "compiled" / "zhibiao"
    return {
        path.relative_to(compiled).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(compiled.rglob("*.sql"))
    }


def test_every_model_and_data_test_is_sql_of_both_engines(
    compiled_for_spark: dict[str, str],
) -> None:
    models = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
    assert models <= {Path(path).stem for path in compiled_for_spark}
    problems = {path: find_forms(sql) for path, sql in compiled_for_spark.items()}
    said = [f"{path}: {problem}" for path, found in problems.items() for problem in found]
    assert not said, "\n".join(said)


def test_no_source_file_calls_a_macro_that_means_two_things() -> None:
    said = [
        f"{path.relative_to(DBT_PROJECT)}: {found.group()}…) is {reason}."
        for path in sorted(DBT_PROJECT.rglob("*.sql"))
        for pattern, reason in SOURCE_FORMS.items()
        for found in re.finditer(pattern, path.read_text(encoding="utf-8"))
    ]
    assert not said, "\n".join(said)
