from reference_app.storage.location_choice import narrowed

SQL = """
    SELECT * FROM appointments a
     WHERE a.starts_at >= $1 AND ($2::bigint IS NULL OR a.location_id = $2)
       AND ($2::bigint IS NULL OR home_location_id = $2)
"""


def test_one_location_is_compared_and_never_asked_for_null() -> None:
    sql = narrowed(SQL, is_one=True)

    assert "IS NULL" not in sql
    assert "a.starts_at >= $1 AND a.location_id = $2" in sql
    assert "AND home_location_id = $2" in sql


def test_all_locations_keep_the_parameter_with_its_type() -> None:
    assert "location_id" not in narrowed(SQL, is_one=False)
    assert narrowed(SQL, is_one=False).count("$2::bigint IS NULL") == 2


def test_a_statement_without_a_choice_stays_as_it_is() -> None:
    assert narrowed("SELECT 1", is_one=True) == narrowed("SELECT 1", is_one=False) == "SELECT 1"
