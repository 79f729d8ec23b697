"use client";
import { type Session, useSession } from "./session.tsx";

type Action = Session["may"][number];

/** The lowest role that includes an action, as roles.ts says. */
const NEEDS: Record<Action, string> = {
	read: "viewer",
	people: "viewer",
	run: "operator",
	deploy: "operator",
	organize: "operator",
	manage: "admin",
	keys: "admin",
	members: "admin",
	sign_in: "owner",
};

/** Whether whoever is signed in may do this, and why not: for the button that would do it. */
export function useMay(action: Action): { may: boolean; why: string | undefined } {
	const session = useSession();
	const may = session.may.includes(action);
	return {
		may,
		why: may
			? undefined
			: `You are ${session.role} here: this needs the role ${NEEDS[action]}${NEEDS[action] === "owner" ? "" : " or a higher one"}.`,
	};
}
