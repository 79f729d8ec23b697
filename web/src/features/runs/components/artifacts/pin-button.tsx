"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pin } from "lucide-react";
import { trpc } from "../../../../browser/api.ts";
import { useSession } from "../../../../browser/session.tsx";
import { Button } from "../../../../ui/button.tsx";
import { toast } from "../../../../ui/toast.ts";
import { usePins } from "../../../flows/components/pins/use-pins.ts";
import type { Artifact, Run } from "../view.ts";

/** Puts an artifact on its flow's page, where it is shown as each newest run makes it, or takes it off. @param name once it is open */
export function PinButton({ run, artifact, name }: { run: Run; artifact: Artifact; name: string | undefined }) {
	const { may } = useSession();
	if (name === undefined || !may.includes("organize")) return null;
	return <Known run={run} artifact={artifact} name={name} />;
}

function Known({ run, artifact, name }: { run: Run; artifact: Artifact; name: string }) {
	const client = useQueryClient();
	const { pins } = usePins(run.flow);
	const renew = {
		onSettled: () => client.invalidateQueries(trpc.flows.pathFilter()),
		onError: (error: { message: string }) => toast("Not changed", { tone: "bad", detail: error.message }),
	};
	const pin = useMutation(trpc.flows.pin.mutationOptions(renew));
	const unpin = useMutation(trpc.flows.unpin.mutationOptions(renew));
	// Whichever run it was pinned from: the name is what is pinned.
	const there = pins?.filter((one) => one.pin.artifact.kind === artifact.kind && one.content?.name === name);
	const on = there !== undefined && there.length > 0;
	const turn = () => {
		if (!on) return pin.mutate({ run: run.id, artifact: artifact.id });
		for (const { pin: old } of there) unpin.mutate({ run: old.artifact.run.id, artifact: old.artifact.id });
	};
	return (
		<Button
			look="bare"
			aria-pressed={on}
			disabled={there === undefined || pin.isPending || unpin.isPending}
			onClick={turn}
			title={on ? "Take it off the flow's page" : "Show it on the flow's page, as each newest run makes it"}
			className="px-1.5!"
		>
			<Pin size={14} aria-hidden className={on ? "fill-current text-accent" : ""} />
			{on ? "Pinned" : "Pin"}
		</Button>
	);
}
