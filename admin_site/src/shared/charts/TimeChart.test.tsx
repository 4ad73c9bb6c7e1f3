import { fireEvent, render } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { TimeChart } from "./TimeChart";

const onPick = vi.fn<(time: string) => void>();

vi.mock("@/shared/hooks/width", () => ({ useWidth: () => [() => {}, 462] }));

// 400 wide inside, a box at the left end of the window: two bars, 200 each.
const chart = (times: string[]) => (
  <TimeChart
    points={times.map((time) => ({ time, values: { a: 1 } }))}
    series={[{ key: "a", label: "a", colour: "red" }]}
    label="usage"
    formatValue={String}
    formatTick={String}
    formatTime={String}
    onPick={onPick}
  />
);

function shown(times: string[]) {
  const { container, rerender } = render(chart(times));
  const area = container.querySelector("rect[fill=transparent]");
  if (area === null) throw new Error("no bars");
  return {
    area,
    change: (next: string[]) => rerender(chart(next)),
    /** A click as browsers before `PointerEvent` clicks send it. */
    press: (pointerType: string, clientX: number) => {
      fireEvent.pointerDown(area, { pointerType, clientX });
      if (pointerType === "touch") fireEvent.pointerLeave(area, { pointerType });
      fireEvent(area, new MouseEvent("click", { bubbles: true, clientX }));
    },
    /** The mouse goes away. */
    leave: () => {
      fireEvent.pointerOut(area, { pointerType: "mouse", relatedTarget: document.body });
      fireEvent.pointerLeave(area, { pointerType: "mouse" });
    },
  };
}

describe("the axis of a chart", () => {
  it("says no figure twice, however little there is", () => {
    for (const value of [0, 1, 3]) {
      const { container, unmount } = render(
        <TimeChart
          points={[{ time: "d1", values: { a: value } }]}
          series={[{ key: "a", label: "a", colour: "red" }]}
          label="usage"
          formatValue={String}
          formatAxis={(figure) => String(Math.round(figure))}
          formatTick={String}
          formatTime={String}
        />,
      );
      const said = [...container.querySelectorAll(".visx-axis-left text")].map(
        (one) => one.textContent,
      );
      expect(said.length).toBeGreaterThan(1);
      expect(new Set(said).size).toBe(said.length);
      unmount();
    }
  });
});

describe("a bar of a chart", () => {
  beforeEach(() => onPick.mockClear());

  it("is read by the first touch and opened by the second", () => {
    const { press } = shown(["d1", "d2"]);
    press("touch", 300);
    expect(onPick).not.toHaveBeenCalled();
    press("touch", 300);
    expect(onPick).toHaveBeenCalledExactlyOnceWith("d2");
  });

  it("is opened by the first click of a mouse", () => {
    shown(["d1", "d2"]).press("mouse", 10);
    expect(onPick).toHaveBeenCalledExactlyOnceWith("d1");
  });

  it("is read anew after other bars have come, or the mouse was here", () => {
    const { press, change, leave } = shown(["d1", "d2"]);
    press("touch", 300);
    change(["d3", "d4"]);
    press("touch", 300);
    expect(onPick).not.toHaveBeenCalled();
    leave();
    press("touch", 300);
    expect(onPick).not.toHaveBeenCalled();
    change(["d3", "d4"]);
    press("touch", 300);
    expect(onPick).toHaveBeenCalledExactlyOnceWith("d4");
  });
});
