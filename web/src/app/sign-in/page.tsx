import type { Metadata } from "next";
import { SignIn } from "../../ui/sign-in.tsx";

export const metadata: Metadata = { title: "Sign in · Tidegate", referrer: "no-referrer" };

export default function SignInPage() {
	return <SignIn />;
}
