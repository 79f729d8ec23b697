"use client";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../../../browser/api.ts";
import { useMay } from "../../../browser/may.ts";
import { SettingsPage } from "../../../ui/settings.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { ProviderForm } from "./provider-form.tsx";

export function ProviderPage() {
	const { why } = useMay("sign_in");
	return (
		<SettingsPage section="Sign-in">
			<h1 className="sr-only">Sign-in</h1>
			{why ? <p className="max-w-xl text-quiet">How people sign in is decided by the owners of the organization. {why}</p> : <Provider />}
		</SettingsPage>
	);
}

function Provider() {
	// Not asked again while it is edited: what was typed must stay.
	const found = useQuery(trpc.providers.get.queryOptions({}, { staleTime: Number.POSITIVE_INFINITY }));
	if (!found.data && found.error)
		return <Trouble title="The sign-in can't be shown" detail={found.error.message} again={() => void found.refetch()} />;
	if (!found.data) return <div className="ghost h-9" aria-busy="true" />;
	const { provider, redirectUrl, installation } = found.data;
	return (
		<div className="flex max-w-xl flex-col gap-5">
			<p className="text-quiet">
				With the identity provider of your organization (OpenID Connect: Entra, Okta, Google Workspace, Keycloak and others) people sign in by their
				e-mail address. It is trusted for this organization alone.
			</p>
			{installation && (
				<p className="break-words text-quiet">
					This whole installation signs in by <bdi className="text-text">{installation.name}</bdi>
					{installation.domains.length > 0 ? ` for ${installation.domains.join(", ")}` : ""} already.
				</p>
			)}
			<ProviderForm key={provider?.updatedAt ?? "new"} provider={provider} redirectUrl={redirectUrl} />
		</div>
	);
}
