import { type Define, example } from "../command.ts";
import drain from "./agent/drain.ts";
import enrol from "./agent/enrol.ts";
import list from "./agent/list.ts";
import rename from "./agent/rename.ts";
import resume from "./agent/resume.ts";
import revoke from "./agent/revoke.ts";
import secret from "./agent/secret.ts";
import start from "./agent/start.ts";
import status from "./agent/status.ts";
import stop from "./agent/stop.ts";
import token from "./agent/token.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
An agent runs flows on its machine, in your network; it only ever dials out. It is admitted once, by a token.
${example("tidegate agent enrol $(tidegate agent token --json | jq -r .token) && tidegate agent start")}`,
	);
	token(command.command("token").description("make an enrolment token, which admits one agent to a pool"), session);
	enrol(command.command("enrol").description("make this machine an agent"), session);
	start(command.command("start").description("run the agent, in the foreground"), session);
	status(command.command("status").description("say what the agent of this machine is doing"), session);
	stop(command.command("stop").description("end the agent; its runs go on"), session);
	secret(command.command("secret").description("set, list and remove the secrets that flows get from the agent of this machine"), session);
	list(command.command("list").description("list the workspace's agents"), session);
	drain(command.command("drain").description("give an agent nothing new; it finishes what it has"), session);
	resume(command.command("resume").description("give an agent that was drained work again"), session);
	rename(command.command("rename").description("give an agent another name"), session);
	revoke(command.command("revoke").description("turn an agent away for good"), session);
};
export default define;
