/** Every limit on what crosses the gate, each with its reason. Bytes unless said otherwise. */
const KIB = 1024;
const MIB = 1024 * KIB;

/** A chunk of a bundle: one row of a database, one allocation in an agent. */
export const MAX_CHUNK = 1 * MIB;
/** All files of one project: past this a data set was packed by mistake. */
export const MAX_BUNDLE = 200 * MIB;
/** Files in one project: their list travels in the manifest. */
export const MAX_FILES = 20_000;
export const MAX_MANIFEST = 16 * MIB;
/** Parameters: above this, pass a reference to where the data lies. */
export const MAX_PARAMETERS = 1 * MIB;
/** One body at the gateway's door. */
export const MAX_BODY = 32 * MIB;
/** Calls in one body at the people's door: this many runs with parameters of MAX_PARAMETERS still fit into MAX_BODY. */
export const MAX_BATCH = 20;
/** One stretch of a stream before sealing. */
export const MAX_SEGMENT = 256 * KIB;
/** Log bytes of one execution that leave the premises; the rest stays in the run directory. */
export const MAX_LOG = 64 * MIB;
export const MAX_ARTIFACT = 50 * MIB;
/** Artifacts of one run. */
export const MAX_ARTIFACTS = 1_000;
/** Tasks of one run that are told to the control plane. */
export const MAX_TASKS = 100_000;
/** Attempts of one run: past this a retry is a schedule. */
export const MAX_ATTEMPTS = 100;
/** The longest delay of a retry, in seconds: a year. */
export const MAX_RETRY_DELAY = 366 * 24 * 3600;
/** Waits of one run that are open at once. */
export const MAX_WAITS = 10_000;
/** Children of one run, and how deep a child may lie below the run that somebody asked for: a cycle of flows ends here. */
export const MAX_CHILDREN = 10_000;
export const MAX_DEPTH = 16;
/** An answer, an event's value, a value set by hand: what rides sealed through the control plane. */
export const MAX_ANSWER = 256 * KIB;
/** A secret, a variable, a connection: what is larger is data. */
export const MAX_SETTING = 64 * KIB;
/** Settings of one workspace, and their sealed bytes: an agent fetches them all in one body. */
export const MAX_SETTINGS = 500;
export const MAX_SETTINGS_BYTES = 4 * MIB;
/** Stores that one agent reaches. */
export const MAX_STORES = 20;
/** Labels of one run, and characters of each key and value. */
export const MAX_LABELS = 20;
export const MAX_LABEL = 200;
/** Characters of a name of a flow, pool, agent. */
export const MAX_NAME = 100;
/** How far a caller's id may be off the database's clock, in milliseconds. */
export const MAX_ID_SKEW = 24 * 3600 * 1000;
/** How long the control plane holds a poll, in milliseconds. */
export const POLL_HOLD = 25_000;
/** How often an agent that holds executions reports, in milliseconds. */
export const BEAT = 5_000;
