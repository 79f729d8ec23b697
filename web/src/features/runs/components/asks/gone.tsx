"use client";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../../../../browser/api.ts";
import { Answered } from "./answered.tsx";
import type { Asked } from "./ask.tsx";

/** A question that stood here until somebody answered it: who reads it is told who. */
export function Gone({ asked }: { asked: Asked }) {
	const told = useQuery(trpc.runs.get.queryOptions({ id: asked.run }, { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 }));
	const wait = told.data?.kin.waits.find(({ task }) => task === asked.task);
	if (!told.data || !wait || wait.state === "open") return null;
	return <Answered run={told.data.run} wait={wait} />;
}
