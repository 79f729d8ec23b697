/** What is said to docker, and what its words mean: no container is started here. */
import type { Exit, Failure, Order } from "./executor.ts";
import { EXECUTION_MARKER, RUN_MARKER } from "./kin.ts";

/** As docker reads one: `name`, `host:5000/team/name:tag`, `name@sha256:…`. It begins with no dash, so it is never taken for an option. */
const IMAGE =
	/^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

export const isImage = (text: unknown): text is string => typeof text === "string" && text.length <= 500 && IMAGE.test(text);

/** By which an agent finds its own containers; nothing is ended by its name alone. */
export const LABEL = { agent: "tidegate.agent", execution: "tidegate.execution" } as const;

/** What a container has of its own, or that says where on the host things are. */
const IMAGES_OWN =
	/^(PATH|HOME|PWD|OLDPWD|SHELL|SHLVL|_|USER|LOGNAME|MAIL|HOSTNAME|TMPDIR|TMP|TEMP|TERM|VIRTUAL_ENV|CONDA_.*|PYENV_.*|UV_.*|PIP_.*|LD_.*|DYLD_.*|XDG_.*|SSH_.*|DBUS_.*|DOCKER_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|PYTHON(?!PATH$|HASHSEED$|UNBUFFERED$).*)$/;

/** `run.execution`: docker allows it in names. */
export const key = ({ run, execution }: { run: string; execution: number }): string => `${run}.${execution}`;

/** The command that stands in the foreground as long as the container does. @param user `uid:gid` @throws where there is no container in the order */
export function command(order: Order, user: string | null): [string, ...string[]] {
	const { container } = order;
	if (!container) throw new Error(`execution ${key(order)} is for no container`);
	const { image, agent, memory, cpu, gpus, mounts } = container;
	const [program, ...given] = order.command;
	// By its name alone: docker takes the value from the environment that it was started with, and no `ps` shows it.
	const passed = [...new Set([...Object.keys(order.environment), RUN_MARKER, EXECUTION_MARKER])].filter((name) => !IMAGES_OWN.test(name)).sort();
	return [
		...(["docker", "run", "--init", "--name", `tidegate-${key(order)}`] as const),
		...["--label", `${LABEL.agent}=${agent}`, "--label", `${LABEL.execution}=${key(order)}`],
		// What the flow prints is the run's, sealed: docker keeps no copy.
		...["--log-driver", "none", "--network", "host", "--ipc", "host", "--security-opt", "no-new-privileges"],
		...(user === null ? [] : ["--user", user]),
		...(memory === null ? [] : ["--memory", String(memory), "--memory-swap", String(memory)]),
		...(cpu === null ? [] : ["--cpus", String(cpu)]),
		// The quotes are docker's: without them a comma ends the value. Inside, the devices count from 0 on.
		...(gpus.length === 0 ? [] : ["--gpus", `"device=${gpus.join(",")}"`]),
		...mounts.flatMap(({ path, writable }) => ["--mount", mount(path, writable)]),
		...passed.filter((name) => gpus.length === 0 || name !== "CUDA_VISIBLE_DEVICES").flatMap((name) => ["--env", name]),
		// A user without a home, as in most images, could write to none of its caches.
		...["--env", "HOME=/tmp", "--workdir", order.cwd, "--entrypoint", program, image, ...given],
	];
}

/** A field of CSV each, so that any path may be said. */
function mount(path: string, writable: boolean): string {
	const fields = ["type=bind", `src=${path}`, `dst=${path}`, ...(writable ? [] : ["readonly"])];
	return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

/** Containers of an agent that no execution of its has. @param listed lines of `docker ps`: id, then the label of its execution @param held `run.execution` */
export function leftOver(listed: string, held: ReadonlySet<string>): string[] {
	return listed
		.split("\n")
		.map((line) => line.trim().split(" "))
		.flatMap(([id, execution]) => (id && execution && !held.has(execution) ? [id] : []));
}

/** Exit codes by which docker says that it could not do it, 126 and 127 that the image lacks the program. A flow may end with them too. */
const DOCKERS = new Set([125, 126, 127]);

/** What docker said of a container that never began. @param errors what its fd 2 holds */
export function refusal(exit: Exit | undefined, image: string, errors: string): Failure | null {
	if (!exit || !("code" in exit) || !DOCKERS.has(exit.code)) return null;
	const at = errors.lastIndexOf("docker: ");
	if (at < 0 || (at > 0 && errors[at - 1] !== "\n")) return null;
	const said = errors
		.slice(at + "docker: ".length)
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("See 'docker") && !line.startsWith("Run 'docker"))
		.join("\n")
		.slice(0, 2000);
	const hint = exit.code === 127 && said.includes("python3") ? "\nAn image for tasks brings python3, 3.9 or newer, on its PATH" : "";
	return { type: "ContainerError", message: `no container of the image ${image} began: ${said}${hint}` };
}
