import { ArrowDownToLine, Ban } from "lucide-react";
import type { Agent } from "./fleet.ts";

const looks = {
	online: { colour: "text-succeeded", word: "online", title: "It is connected and takes work" },
	draining: { colour: "text-waiting", word: "draining", title: "It finishes what it has and gets nothing new" },
	away: { colour: "text-failed", word: "away", title: "Nothing is heard of it. What it has goes on there until its lease is over" },
	new: { colour: "text-queued", word: "not started", title: "It is enrolled and was never heard since: start it with tidegate agent start" },
	revoked: { colour: "text-cancelled", word: "revoked", title: "It was turned away for good" },
};

export function stateOf(agent: Agent): keyof typeof looks {
	if (agent.state === "away") return agent.lastSeenAt === null ? "new" : "away";
	return agent.state === "online" && agent.draining ? "draining" : agent.state;
}

/** Shape, word and colour, so that it reads without colour too. */
export function AgentState({ agent }: { agent: Agent }) {
	const state = stateOf(agent);
	const { colour, word, title } = looks[state];
	return (
		<span title={title} className={`inline-flex items-center gap-1.5 whitespace-nowrap ${colour}`}>
			<span aria-hidden className="inline-flex size-3.5 shrink-0 items-center justify-center">
				{state === "draining" && <ArrowDownToLine size={14} strokeWidth={2.5} />}
				{state === "revoked" && <Ban size={14} strokeWidth={2.5} />}
				{state === "online" && <span className="size-2.5 rounded-full bg-current" />}
				{(state === "away" || state === "new") && <span className="size-2.5 rounded-full border-2 border-current" />}
			</span>
			{word}
			{agent.draining && agent.state === "away" && <ArrowDownToLine size={12} role="img" aria-label="and draining" />}
		</span>
	);
}
