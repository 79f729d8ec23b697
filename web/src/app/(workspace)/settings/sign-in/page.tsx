import { ProviderPage } from "../../../../features/providers/components/provider-page.tsx";

export default function SignInSettings() {
	return <ProviderPage />;
}
