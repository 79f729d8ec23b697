import { type Define, example } from "../command.ts";
import create from "./pool/create.ts";
import limit from "./pool/limit.ts";
import list from "./pool/list.ts";
import pause from "./pool/pause.ts";
import resume from "./pool/resume.ts";

const define: Define = (command, session) => {
	command.addHelpText("after", example("tidegate pool create gpu --limit 4", "tidegate pool list", "tidegate pool pause gpu"));
	create(command.command("create").description("make a pool: a queue of work that agents serve"), session);
	list(command.command("list").description("list pools"), session);
	limit(command.command("limit").description("say how many runs of a pool go at once"), session);
	pause(command.command("pause").description("start nothing more from a pool; what runs goes on"), session);
	resume(command.command("resume").description("start runs from a paused pool again"), session);
};
export default define;
