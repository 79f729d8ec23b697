"use client";
import { Component, type ReactNode } from "react";

/** One artifact that can't be shown must not take the page with it. */
export class Boundary extends Component<{ children: ReactNode; instead?: ReactNode }, { error?: Error }> {
	override state: { error?: Error } = {};

	static getDerivedStateFromError(error: Error) {
		return { error };
	}

	override render() {
		if (!this.state.error) return this.props.children;
		return (
			<>
				<p className="text-quiet">This could not be shown in your browser: {this.state.error.message.slice(0, 300)}</p>
				{this.props.instead}
			</>
		);
	}
}
