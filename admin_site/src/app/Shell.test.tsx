import { Popover } from "@base-ui/react/popover";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Dialog } from "@/shared/ui/Dialog";
import { useFinder } from "./Shell";

function Probe() {
  const finder = useFinder();
  return <output>{finder.isOpen ? "open" : "closed"}</output>;
}

const nothing = () => {};
const press = (more: KeyboardEventInit = {}) =>
  // False: the browser's own search bar does not come.
  fireEvent.keyDown(document.body, { key: "k", ctrlKey: true, ...more });
const expectFinder = (state: "open" | "closed") =>
  expect(screen.getByText(/^(open|closed)$/)).toHaveTextContent(state);

describe("Ctrl+K", () => {
  it("opens the search and closes it, and does nothing more while it is held", () => {
    render(<Probe />);
    expect(press()).toBe(false);
    expectFinder("open");
    expect(press({ repeat: true })).toBe(false);
    expectFinder("open");
    press();
    expectFinder("closed");
  });

  it("leaves an open dialog alone, until it is closed", async () => {
    const page = (isOpen: boolean) => (
      <>
        <Probe />
        <Dialog open={isOpen} onClose={nothing} title="Key">
          shown once
        </Dialog>
      </>
    );
    const { rerender } = render(page(true));
    expect(press()).toBe(false);
    expectFinder("closed");
    await act(async () => rerender(page(false)));
    press();
    expectFinder("open");
  });

  it("opens the search over a filter that is open at its button", async () => {
    await act(async () =>
      render(
        <>
          <Probe />
          <Popover.Root open>
            <Popover.Trigger>filter</Popover.Trigger>
            <Popover.Portal>
              <Popover.Positioner>
                <Popover.Popup>days</Popover.Popup>
              </Popover.Positioner>
            </Popover.Portal>
          </Popover.Root>
        </>,
      ),
    );
    expect(screen.getByRole("dialog")).toHaveTextContent("days");
    press();
    expectFinder("open");
  });
});
