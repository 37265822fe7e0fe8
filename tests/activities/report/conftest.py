"""One rendered programme for all tests of the report."""

from __future__ import annotations

import pytest

from tests.activities.report.case import Case, make_case


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return make_case(tmp_path_factory.mktemp("report"))
