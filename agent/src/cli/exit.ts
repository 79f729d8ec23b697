/** How commands end. The numbers are part of the CLI's contract: scripts and CI read them. */
export const EXIT = {
	ok: 0,
	/** The run did not succeed, or the control plane refused what was asked. */
	failed: 1,
	/** The command line, the parameters or the project are wrong: nothing was done. */
	badInput: 2,
	/** The control plane cannot be reached, or does not know who asks. */
	noAccess: 3,
	/** tidegate login: somebody refused it in the browser. */
	refused: 4,
	/** tidegate login: nobody approved the code in time. */
	expired: 5,
	/** tidegate login: the code was used before, by whoever had it too. */
	used: 6,
	interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes:
  0    done; with --watch: the run succeeded
  1    the run failed or was cancelled, or the control plane refused
  2    bad input: usage, parameters, a project that does not import
  3    the control plane is out of reach, or does not accept the key
  4    login: refused in the browser
  5    login: the code expired
  6    login: the code was used before
  130  interrupted; a run that was watched goes on`;

/** An end with a message for people, on stderr. */
export class Failure extends Error {
	override readonly name = "Failure";
	readonly code: number;
	constructor(message: string, code: number = EXIT.failed) {
		super(message);
		this.code = code;
	}
}
