// What `npm start -- --help` and its like print: plain JavaScript, so that it is told before anything is installed.
export const help = `npm start -- [options]

Starts Tidegate on this machine: Postgres, the control plane, one agent, and an example flow.
All data lies in .tidegate/ and stays there until --fresh. Where it runs already, this prints another sign-in link.

  --port N       serve on this port (else 7411, or the next free one)
  --no-example   do not deploy and run the example
  --fresh        delete all data of earlier starts first
  --help         this text

  DATABASE_URL   a Postgres to use in place of the embedded one (a role that may create tables and roles)

For example: npm start -- --port 8000 --no-example`;

const testHelp = `npm test [-- FILTER…]

Runs all: build, lint, types, unit and integration tests on a Postgres of its own, the Python SDK's tests on every
python3 found, whole stacks, and a browser. With FILTERs only the test files whose path holds one of them.

For example: npm test -- infra/postgres`;

const benchHelp = `npm run bench -- NAME

Measures on a Postgres, a control plane and an agent of its own, and prints medians: first-line, forty, map, children, resume, edit, drain, claim, log-page, page.

For example: npm run bench -- forty`;

const chaosHelp = `npm run chaos -- [options]

Runs that retry, sleep, map, ask and call others, on a Postgres, a control plane and two agents of its own, while kill -9 hits flows, agents, server and
Postgres at random. Then every run must have its right result, and every finished task its effect once. What went wrong is kept to be looked at.

  --seed N       the plan of kills; without it another each time, and said
  --kills N      how many (default 300)
  --runs N       how many runs at a time (default 4)
  --seconds N    no kill after so many (default 1800)

For example: npm run chaos -- --seed 7 --kills 50`;

/** @type {Record<string, string>} */
export const helps = { start: help, test: testHelp, bench: benchHelp, chaos: chaosHelp };
