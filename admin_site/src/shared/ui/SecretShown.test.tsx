import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { setLocale } from "@/shared/i18n";
import { SecretShown, useSecret } from "./SecretShown";

const WORDS = { hint: "Make another.", done: "I have kept it", notCopied: "Not copied yet." };
const onClose = vi.fn();

beforeEach(() => {
  vi.clearAllMocks();
  setLocale("en");
});

function Shown({ open = true }: { open?: boolean }) {
  const { secret, show, close, once } = useSecret<string>(open, onClose);
  return (
    <>
      <button type="button" onClick={() => show("s3cret")}>
        make
      </button>
      <button type="button" onClick={close}>
        close
      </button>
      {secret ? <SecretShown label="Key" value={secret} once={{ ...once, ...WORDS }} /> : null}
    </>
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

it("takes the focus and says that it is shown this once", () => {
  render(<Shown />);
  press("make");
  const shown = screen.getByRole("group", { name: "Key" });
  expect(shown).toHaveFocus();
  expect(shown).toHaveAccessibleDescription(
    "Keep it now: it will not be shown again. Make another.",
  );
});

it("asks before a secret that nobody copied is lost", () => {
  render(<Shown />);
  press("make");
  press("close");
  expect(screen.getByRole("alert")).toHaveTextContent("Not copied yet.");
  press("Back");
  expect(onClose).not.toHaveBeenCalled();
  press("close");
  press("Close anyway");
  expect(onClose).toHaveBeenCalledOnce();
});

it("closes without a question once it was copied, and then forgets it", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: async () => undefined } });
  const { rerender } = render(<Shown />);
  press("make");
  await act(async () => press("Copy"));
  press("close");
  expect(onClose).toHaveBeenCalledOnce();
  rerender(<Shown open={false} />);
  expect(screen.getByText("s3cret")).toBeInTheDocument();
  act(() => vi.advanceTimersByTime(1_000));
  expect(screen.queryByText("s3cret")).toBeNull();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
