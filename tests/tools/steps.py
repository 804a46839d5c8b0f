"""The list of steps of a run, told in calm short lines while it goes on."""
import sys
import time


class Steps:
    """Each step is ok or differs; a run is good when none differs."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.done = []
        self.started = time.monotonic()
        self.last = self.started

    def check(self, name, ok, detail=""):
        now = time.monotonic()
        self.done.append({"step": name, "ok": bool(ok), "detail": detail,
                          "seconds": round(now - self.last, 2)})
        self.last = now
        self.say("%-6s %-34s %s" % ("ok" if ok else "DIFFERS", name, detail))
        return bool(ok)

    def say(self, text):
        if self.out:
            print(text.rstrip(), file=self.out, flush=True)

    @property
    def differing(self):
        return [step for step in self.done if not step["ok"]]

    def close(self):
        """Say how it went; returns the exit code."""
        self.say("%d steps, %d differ, %.1f seconds"
                 % (len(self.done), len(self.differing), time.monotonic() - self.started))
        return 1 if self.differing else 0
