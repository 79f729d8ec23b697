"""Variables and connections: left by the agent in the run directory; in a local run from environment or file."""

import json
import os

from .support import RunCase

FLOW = """
from tidegate import SecretError, VariableError, connection, flow, variable

def asked(get):
    try:
        return get()
    except (VariableError, SecretError) as problem:
        return str(problem)

@flow
def main():
    warehouse = asked(lambda: connection("WAREHOUSE"))
    if isinstance(warehouse, str):
        parts = warehouse
    else:
        parts = [str(warehouse), asked(lambda: warehouse.url), warehouse.scheme, warehouse.user, warehouse.host, warehouse.port,
                 warehouse.database, asked(lambda: warehouse.password), warehouse.options]
    return [asked(lambda: variable("RATE")), asked(lambda: variable("RATES")), variable("NONE", default=7), parts]
"""
URL = "postgresql+psycopg://etl:{DB_PASSWORD}@db.internal:5433/sales?sslmode=require"
FULL = "postgresql+psycopg://etl:p%2Fw%20%C3%BC@db.internal:5433/sales?sslmode=require"
PARTS = ["postgresql+psycopg", "etl", "db.internal", 5433, "sales", "p/w ü", {"sslmode": "require"}]


class Given(RunCase):
    def run_with(self, variables, secrets=None):
        self.prepare(FLOW)
        files = {"variables.json": variables, "secrets.json": secrets}
        self.write({name: json.dumps(content) for name, content in files.items() if content is not None})
        return self.finished(self.start()).of("result")[0]["json"]

    def test_what_the_agent_left_keeps_its_type_and_a_connection_shows_no_password_until_it_is_asked_for(self):
        given = {"variables": {"RATE": {"value": 0.5}}, "connections": {"WAREHOUSE": {"value": URL}}}
        rate, other, default, parts = self.run_with(given, {"DB_PASSWORD": {"value": "p/w ü"}})
        self.assertEqual([rate, default], [0.5, 7])
        self.assertIn("there is no variable 'RATES' for this agent (did you mean 'RATE'?). Set it: tidegate variable set RATES VALUE", other)
        self.assertEqual(parts, [URL, FULL, *PARTS])

    def test_what_could_not_be_had_and_a_secret_that_is_missing_are_told_by_name(self):
        given = {"variables": {"RATE": {"problem": "it was altered"}}, "connections": {"WAREHOUSE": {"value": URL}}}
        rate, _, _, parts = self.run_with(given)
        self.assertEqual(rate, "variable 'RATE' could not be had: it was altered")
        self.assertIn("no secret 'DB_PASSWORD'", parts[1])

    def test_without_a_file_there_are_none(self):
        rate, _, default, parts = self.run_with(None)
        self.assertIn("tidegate variable set RATE VALUE", rate)
        self.assertIn("tidegate connection set WAREHOUSE URL", parts)
        self.assertEqual(default, 7)


class Local(RunCase):
    def local(self, **variables):
        self.write({"deep/flow.py": FLOW + '\nif __name__ == "__main__":\n    import json\n    print("GOT", json.dumps(main()))\n'})
        out = self.python("flow.py", env=variables, cwd=os.path.join(self.folder, "deep")).stdout
        return json.loads(out.partition("GOT ")[2].partition("\n")[0])

    def test_from_the_environment(self):
        rate, other, _, parts = self.local(TIDEGATE_VARIABLE_RATE="[1]", TIDEGATE_VARIABLE_RATES="no json", TIDEGATE_CONNECTION_WAREHOUSE=URL, TIDEGATE_SECRET_DB_PASSWORD="p/w ü")
        self.assertEqual([rate, other], [[1], "no json"])
        self.assertEqual(parts, [URL, FULL, *PARTS])

    def test_from_the_nearest_file_above_or_told_where_to_put_it(self):
        self.write({".tidegate/variables": "# comment\nRATE = 3\n"})
        rate, other, _, parts = self.local()
        self.assertEqual(rate, 3)
        self.assertIn("TIDEGATE_VARIABLE_RATES", other)
        self.assertIn("NAME=url".replace("NAME", "WAREHOUSE"), parts)
