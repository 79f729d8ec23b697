import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { ThemeProvider } from "next-themes";
import type { ReactNode } from "react";
import "./app.css";

export const metadata: Metadata = { title: "Tidegate", description: "Flows that run where your data is", icons: { icon: "/icons/idle.svg" } };

export const viewport: Viewport = {
	themeColor: [
		{ media: "(prefers-color-scheme: light)", color: "#fbfdfd" },
		{ media: "(prefers-color-scheme: dark)", color: "#0f1719" },
	],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
	// The only inline script of a page chooses the theme before the first paint; it runs by the nonce of this request.
	const nonce = (await headers()).get("x-nonce") ?? undefined;
	return (
		<html lang="en" suppressHydrationWarning>
			<body>
				<ThemeProvider attribute="data-theme" nonce={nonce} storageKey="tidegate.theme">
					{children}
				</ThemeProvider>
			</body>
		</html>
	);
}
