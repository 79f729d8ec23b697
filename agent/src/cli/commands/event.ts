import type { Define } from "../command.ts";
import send from "./event/send.ts";

const define: Define = (command, session) => {
	send(command.command("send").description("tell the runs that wait for an event now; it is not kept for later ones"), session);
};
export default define;
