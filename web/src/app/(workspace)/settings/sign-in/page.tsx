import type { Metadata } from "next";
import { ProviderPage } from "../../../../features/providers/components/provider-page.tsx";

export const metadata: Metadata = { title: "Sign-in · Tidegate" };

export default function SignInSettings() {
	return <ProviderPage />;
}
