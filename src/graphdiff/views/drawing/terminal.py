"""The picture with box-drawing characters: left to right, or top to bottom where that is too wide."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from graphdiff.drawing.channels import placed
from graphdiff.drawing.layers import layered
from graphdiff.drawing.picture import IDLE, Picture
from graphdiff.views.drawing import stacked
from graphdiff.views.drawing.canvas import BACK, DIM, FORTH, Canvas, texts, write
from graphdiff.views.drawing.words import number
from graphdiff.views.screen import Screen

DEFAULT_WIDTH = 80  # where the width of the terminal is not known
TITLES = (28, 18, 12)  # how long the titles may be, as long as the picture does not fit
LONGEST_TITLE = 40  # from top to bottom
LEAST_LAYER = 12  # columns: a layer of one box
MOST_LINED = 80  # of more boxes the lines are too many to be followed


class Page:
    """A picture on its way to a grid: the texts of its boxes, and where they stand."""

    def __init__(
        self, picture: Picture, screen: Screen, title: int, most: int | None = None, width: int = 0
    ) -> None:
        """most: the columns of a layer if the picture goes from top to bottom, else None; width: of all."""
        self.picture = picture
        self.screen = screen
        self.sideways = most is None
        self.texts = [texts(picture, box, screen, title) for box in picture.boxes]
        self.labels = {(a.source, a.target): self._label(a.partial) for a in picture.arrows}
        self.dead = {(a.source, a.target) for a in picture.arrows if picture.values and not a.carries}
        widths = [max(cell_len(line.text) for line in texts) + 4 for texts in self.texts]
        heights = [len(texts) + 2 for texts in self.texts]
        self.thick = widths if self.sideways else heights  # along the layers
        if most is None:
            self.layout = layered(picture, heights)
            self.place = placed(self.layout, heights, [1] * len(heights), 0)
        else:
            entries = [2] * len(widths)
            for (_, target), label in self.labels.items():
                entries[target] = max(entries[target], cell_len(label) + 3)
            self.layout = layered(picture, [columns + 1 for columns in widths], most)
            self.place = placed(self.layout, widths, entries, 1, width)
        self._place_layers()

    @property
    def width(self) -> int:
        return self.length if self.sideways else self.place.extent

    def _label(self, partial: object) -> str:
        return "" if partial is None else number(self.picture.arithmetic, partial)

    def _place_layers(self) -> None:
        """Where each layer begins and ends along the picture, and the channel after it."""
        self.begin: list[int] = []
        self.finish: list[int] = []
        at = 0
        layers = self.layout.layers
        for i, layer in enumerate(layers):
            self.begin.append(at)
            at += max((self.thick[item] for item in layer if item < self.layout.boxes), default=1)
            self.finish.append(at)
            if i + 1 < len(layers):
                tracks = self.place.channels[i]
                at += 1 + 2 * tracks + self._label_room(layers[i + 1]) if self.sideways else tracks + 2
        self.length = at

    def _label_room(self, layer: list[int]) -> int:
        labels = [
            self.labels[self.layout.source[line], box]
            for box in layer if box < self.layout.boxes for line in self.layout.before[box]
        ]  # fmt: skip
        return max((cell_len(label) + 4 if label else 2 for label in labels), default=0)

    # Drawing.

    def draw(self) -> Canvas:
        canvas = Canvas(self.length, self.place.extent, self.sideways, self.screen.unicode)
        for i, layer in enumerate(self.layout.layers):
            for item in layer:
                self._line(canvas, i, item)
        canvas.draw_lines(DIM)
        for i, layer in enumerate(self.layout.layers):
            for item in layer:
                if item < self.layout.boxes:
                    self._box(canvas, i, item)
                    self._arrows(canvas, i, item)
        return canvas

    def _line(self, canvas: Canvas, layer: int, item: int) -> None:
        """The line that begins at an item, to all items of the next layer that it leads to."""
        place, layout = self.place, self.layout
        line, here = layout.source[item], place.leaves[item]
        if item >= layout.boxes:
            canvas.along(line, here, self.begin[layer] - 1, self.finish[layer])
        if not layout.after[item]:
            return
        begin, end = self.finish[layer], self.begin[layer + 1] - 1
        track = place.tracks[item]
        turn = begin if track is None else begin + (1 + 2 * track if self.sideways else track)
        canvas.end(line, begin, here, BACK)
        canvas.along(line, here, begin, turn)
        ends = [place.enters[n][item] for n in layout.after[item]]
        canvas.across(line, turn, min(here, *ends), max(here, *ends))
        for cross in ends:
            canvas.along(line, cross, turn, end)
            canvas.end(line, end, cross, FORTH)

    def _box(self, canvas: Canvas, layer: int, item: int) -> None:
        place, box = self.place, self.picture.boxes[item]
        thick = self.finish[layer] - self.begin[layer]
        x, y, width, height = self.begin[layer], place.start[item], thick, place.size[item]
        if not self.sideways:
            x, y, width, height = y, x, height, width
        quiet = box.state == IDLE
        canvas.box(x, y, width, height, DIM if quiet else "")
        row = y + 1 + (height - 2 - len(self.texts[item])) // 2
        write(canvas, x + 2, row, self.texts[item], box)
        if self.layout.after[item]:
            sign = ("├" if self.sideways else "┬") if self.screen.unicode else "+"
            out = place.leaves[item]
            canvas.write(*((x + width - 1, out) if self.sideways else (out, y + height - 1)), sign)

    def _arrows(self, canvas: Canvas, layer: int, item: int) -> None:
        """The heads of the arrows into a box, and their labels."""
        end = self.begin[layer] - 1
        for line, cross in self.place.enters[item].items():
            key = self.layout.source[line], item
            label, dead = self.labels[key], key in self.dead
            if self.sideways:
                canvas.write(end, cross, "▷" if dead else "▶")
                if label and not dead:
                    canvas.write(end - 3 - cell_len(label), cross, f" {label} ")
                elif dead:
                    canvas.write(end - 2, cross, "┄┄", DIM)
            else:
                canvas.write(cross, end, "▽" if dead else "▼")
                if label and not dead:
                    canvas.write(cross + 2, end, label)


def lines(picture: Picture, screen: Screen) -> Iterator[str]:
    """The rows of the picture."""
    width = screen.width or DEFAULT_WIDTH
    page = _fitting(picture, screen, width) if len(picture.boxes) <= MOST_LINED else None
    return stacked.lines(picture, screen, width) if page is None else page.draw().lines(screen.color)


def _fitting(picture: Picture, screen: Screen, width: int) -> Page | None:
    """From left to right if that fits; else from top to bottom, with fewer and fewer boxes in a layer."""
    for title in TITLES:
        page = Page(picture, screen, title)
        if page.width <= width:
            return page
    title, most = min(LONGEST_TITLE, width - 4), width
    while most > LEAST_LAYER:
        page = Page(picture, screen, title, most, width)
        if page.width <= width:
            return page
        most = most * 3 // 4
    return None
