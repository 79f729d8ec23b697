import type { Metadata } from "next";
import { Suspense } from "react";
import { LoginPage } from "../../../features/devices/components/login-page.tsx";

export const metadata: Metadata = { title: "Sign in a command line · Tidegate", referrer: "no-referrer" };

export default function Device() {
	return (
		<Suspense>
			<LoginPage />
		</Suspense>
	);
}
