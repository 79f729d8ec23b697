/** Every error a command can meet becomes one or two lines that say what was wrong and what to do, and an exit code. */
import { TRPCClientError } from "@trpc/client";
import { ProjectProblem, UploadRefused } from "../bundle/problem.ts";
import { NoAnswer } from "../client/patience.ts";
import { SettingsError } from "../config.ts";
import { diskWords } from "../disk-words.ts";
import { KeyError } from "../protocol/key-error.ts";
import { ParameterError } from "../protocol/parameters.ts";
import { SealError } from "../protocol/seal.ts";
import { EXIT, Failure } from "./exit.ts";

/** @param url of the control plane, where it is known. */
export function toFailure(error: unknown, url: string | null): Failure {
	if (error instanceof Failure) return error;
	if (error instanceof ProjectProblem || error instanceof ParameterError) return new Failure(error.message, EXIT.badInput);
	if (error instanceof SettingsError) return new Failure(error.message, EXIT.noAccess);
	if (error instanceof KeyError) return new Failure(error.message, error.reason === "missing" ? EXIT.noAccess : EXIT.failed);
	if (error instanceof SealError) return new Failure(error.message, EXIT.failed);
	if (isAgentError(error)) return new Failure(error.message, error.exitCode);
	if (error instanceof UploadRefused) return refused(error.status, error.message, url);
	if (error instanceof TRPCClientError) return error.data?.httpStatus ? refused(error.data.httpStatus, error.message, url) : unreachable(error, url);
	if (error instanceof NoAnswer || (error instanceof TypeError && error.message === "fetch failed")) return unreachable(error, url);
	const { syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
	if (syscall && path) return new Failure(`${path} can't be used: ${diskWords(error)}.`, EXIT.failed);
	return new Failure(`${(error as Error)?.message ?? error}\nThis was not foreseen: TIDEGATE_DEBUG=1 shows where it happened.`, EXIT.failed);
}

/** By its name: importing the agent to know its errors would cost every failing command the agent's start. */
const isAgentError = (error: unknown): error is Error & { exitCode: number } =>
	error instanceof Error && error.name === "AgentError" && "exitCode" in error;

function refused(status: number, message: string, url: string | null): Failure {
	if (status === 401)
		return new Failure(
			`${url} does not accept the API key: it is wrong, expired or revoked.\nSign in with tidegate login, set TIDEGATE_API_KEY, or run npm start in the checkout again.`,
			EXIT.noAccess,
		);
	if (status === 403) return new Failure(message, EXIT.noAccess);
	if (status === 400 || status === 413 || status === 422) return new Failure(message, EXIT.badInput);
	if (status >= 500) return new Failure(`${url} has a problem of its own: ${message}\nTry again; its log says more.`, EXIT.failed);
	return new Failure(message, EXIT.failed);
}

const WORDS: Record<string, string> = {
	ECONNREFUSED: "nothing listens there",
	ENOTFOUND: "there is no such host",
	EAI_AGAIN: "the name of the host cannot be looked up now",
	ECONNRESET: "the connection was cut",
	ETIMEDOUT: "it does not answer",
	UND_ERR_CONNECT_TIMEOUT: "it does not answer",
	CERT_HAS_EXPIRED: "its certificate has expired",
	DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
};

function unreachable(error: unknown, url: string | null): Failure {
	let cause: unknown = error;
	for (let depth = 0; depth < 6 && cause; depth++) {
		if (cause instanceof NoAnswer) return away(url, cause.message, false);
		const { code, errors } = cause as { code?: string; errors?: { code?: string }[] };
		const named = typeof code === "string" ? code : errors?.[0]?.code;
		if (named) return away(url, WORDS[named] ?? named);
		if (cause instanceof SyntaxError)
			return new Failure(`${url} answers, but not as a Tidegate control plane does: is the URL right?`, EXIT.noAccess);
		cause = (cause as { cause?: unknown }).cause;
	}
	return away(url, (error as Error).message);
}

/** @param mayBeDown whether nobody may listen there */
function away(url: string | null, why: string, mayBeDown = true): Failure {
	const local = mayBeDown && url !== null && /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
	return new Failure(
		`cannot reach ${url ?? "the control plane"}: ${why}.${local ? "\nIs it running? npm start in the checkout starts it." : ""}`,
		EXIT.noAccess,
	);
}
