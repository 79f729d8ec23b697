/** The place each sealed content belongs to, authenticated with it. A content that is moved to another place does not open. */

export interface VersionPlace {
	workspace: string;
	flow: string;
	/** The version's number, as the deployer sealed it. */
	number: number;
}

export interface RunPlace extends VersionPlace {
	run: string;
}

export const versionPlace = (v: VersionPlace): string => `version ${v.workspace} ${v.flow} ${v.number}`;
export const chunkPlace = (workspace: string, id: string): string => `chunk ${workspace} ${id}`;
export const runPlace = (r: RunPlace): string => `run ${r.run} of ${versionPlace(r)}`;
/** A stretch of a stream of an execution, from byte `start` of the run directory's file. */
export const streamPlace = (r: RunPlace, execution: number, stream: string, start: number): string =>
	`${stream} from ${start} in execution ${execution} of ${runPlace(r)}`;
export const taskPlace = (r: RunPlace, task: string): string => `task ${task} of ${runPlace(r)}`;
/** A wait's answer belongs to its run and task, whatever version answered it knew. */
export const answerPlace = (r: { workspace: string; run: string }, task: string): string => `answer to ${task} of run ${r.run} in ${r.workspace}`;
/** An event's value belongs to the event: it is sealed once for all who wait. */
export const eventPlace = (workspace: string, event: string): string => `event ${event} in ${workspace}`;
/** What a workspace keeps for its flows; without a pool, for all of them. */
export const settingPlace = (workspace: string, s: { kind: string; name: string; pool: string | null }): string =>
	`${s.kind} ${s.name} of ${s.pool === null ? "every pool" : `pool ${s.pool}`} in ${workspace}`;
export const artifactPlace = (r: RunPlace, artifact: string): string => `artifact ${artifact} of ${runPlace(r)}`;
/** What an execution ended with: its result or its error. */
export const endPlace = (r: RunPlace, execution: number): string => `end of execution ${execution} of ${runPlace(r)}`;
