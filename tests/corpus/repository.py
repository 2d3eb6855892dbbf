"""Takes a folder; gives a record of what the command line does in a repository of Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.corpus import specs
from tests.corpus.running import Runner

if TYPE_CHECKING:
    from pathlib import Path

    from tests.corpus.running import Record

POSITIVE = "mock_outputs/claims/Claim/positive.json"
SPEC = "specs/claims/user_input.yaml"


def repository(folder: Path, python: Path | None, keep: Path | None) -> dict[str, Record]:
    """Record the life of a small project, from its first commit on."""
    runner = Runner(folder=folder / "git", python=python, keep=keep, has_ids=True)
    runner.git("init", "-q", "-b", "main")
    specs.write_git(runner.folder)
    runner.say("hook-before", "hook", "--json")
    runner.say("generate", "generate", "--json")
    runner.files("outputs")
    _commit(runner, "Begin")
    runner.say("plugins", "plugins", "--json")
    runner.say("status", "status", "--json")
    for command in ("sync", "reload", "stop"):
        runner.say(command, command, "--timeout", "1")
    _adopting(runner)
    _planning(runner)
    _history(runner)
    _snapshots(runner)
    _merging(runner)
    _beginning(folder, python, keep, runner)
    return runner.record


def _adopting(runner: Runner) -> None:
    _replace(runner, POSITIVE, '"KIND": "A"', '"KIND": "B"')
    runner.say("adopt-diff", "adopt", POSITIVE, "--diff")
    runner.say("adopt-json", "adopt", POSITIVE, "--json")
    runner.files("adopted", "specs")
    runner.say("adopted-check", "check")
    _replace(runner, POSITIVE, '"AMOUNT": ', '"AMOUNT": 99')
    runner.say("adopt-refused", "adopt", POSITIVE)
    runner.say("adopt-forced", "generate", "--force")
    table = "mock_outputs/tables/Row/base.csv"
    _replace(runner, table, "x,", "z,")
    runner.say("adopt-table", "adopt", table)
    member = "mock_outputs/members/Member/base.json"
    _replace(runner, member, '"KIND": "', '"KIND": "Z')
    runner.say("adopt-one", "adopt", f"{member}#/0/KIND")
    labels = "mock_outputs/claims/Claim/negative.labels.ndjson"
    _replace(runner, labels, "negative", "Negative")
    runner.say("adopt-labels", "adopt", labels)
    runner.say("adopt-nothing", "adopt", "mock_outputs/none.json")
    runner.say("adopt-restore", "restore", "--list", "--json")
    runner.say("adopt-force", "generate", "--force", "--json")
    _commit(runner, "Adopt edits")


def _planning(runner: Runner) -> None:
    _replace(runner, SPEC, "KIND: [A, B, C]", "KIND: [A, C, C]")
    runner.say("plan", "plan", "-v")
    runner.say("plan-json", "plan", "--json")
    runner.say("plan-exit", "plan", "--exit-code", "-q")
    runner.say("plan-save", "plan", "--save", "next.plan")
    runner.say("apply", "apply", "next.plan", "--json")
    runner.say("apply-again", "apply", "next.plan")
    (runner.folder / "next.plan").write_text("{}", encoding="utf-8")
    runner.say("apply-broken", "apply", "next.plan")
    (runner.folder / "next.plan").unlink()
    runner.files("planned")
    runner.say("diff", "diff")
    runner.say("diff-quiet", "diff", "-q", "--exit-code")
    runner.say("diff-json", "diff", "--json")
    runner.say("diff-markdown", "diff", "--markdown")
    runner.say("why-uncommitted", "why", f"{POSITIVE}#/0/KIND")
    runner.say("why-outside", "why", f"{POSITIVE}#/99/KIND")
    runner.say("why-nothing", "why", "mock_outputs/claims/Claim/none.json#/0")
    for number in range(5):
        runner.say(
            f"why-negative-{number}", "why", f"mock_outputs/claims/Claim/negative.json#/{number}"
        )
    runner.say("why-table", "why", "mock_outputs/tables/Row/base.csv#/1/a", "--json")
    runner.say("why-mixed", "why", "mock_outputs/claims/Claim/mixed.json#/2/MAIL", "--json")


def _history(runner: Runner) -> None:
    runner.git("add", "specs")
    runner.say("hook", "hook")
    runner.say("hook-json", "hook", "--json")
    runner.say("hook-validate", "hook", "--validate")
    runner.say("hook-check", "hook", "--check", "--json")
    runner.git("commit", "-q", "-m", "Specs alone")
    runner.say("verify-stale", "verify", "--json")
    _commit(runner, "Outputs of the new pool")
    runner.say("verify", "verify")
    runner.say("verify-range", "verify", "HEAD~2..HEAD", "--again", "--json")
    runner.say("verify-unknown", "verify", "nowhere")
    runner.say("diff-revision", "diff", "HEAD~2", "--json")
    runner.say("diff-clean", "diff", "--exit-code")
    runner.say("why-committed", "why", f"{POSITIVE}#/0/KIND")
    specs.put(runner.folder, "specs/bad/user_input.yaml", "M: {a: []}\n")
    runner.git("add", "specs/bad")
    runner.say("hook-bad", "hook", "--validate", "--json")
    runner.say("watch-bad", "watch", "--once", "--log-format", "json")
    runner.git("rm", "-q", "-f", "--cached", "specs/bad/user_input.yaml")
    (runner.folder / "specs/bad/user_input.yaml").unlink()
    runner.say("watch-once", "watch", "--once", "--log-format", "json")


def _snapshots(runner: Runner) -> None:
    runner.say("snapshot", "snapshot", "claims", "--scenario", "negative", "--json")
    runner.say("scenarios-written", "scenarios", "--negative", "--count", "2", "--split", "--json")
    runner.say("clean-dry", "clean", "--keep", "0", "--dry-run", "--json")
    runner.files("snapshots", "mock_outputs/snapshots")
    runner.say("clean", "clean", "--keep", "0", "--json")
    runner.say("restore-all", "restore", "--list")
    runner.say("restore-lockfile", "restore", "mock_outputs/claims/mockgen.lock")
    runner.say("restore-unknown", "restore", "999999")
    (runner.folder / "mock_outputs/claims/mockgen.lock").write_text("broken", encoding="utf-8")
    runner.say("broken-lockfile", "check")
    runner.say("broken-generate", "generate", "--json")
    (runner.folder / "mock_outputs/claims/mockgen.lock").unlink()
    runner.say("no-lockfile", "generate", "--json")
    runner.say("removed", "generate", "claims", "--model", "Claim", "--json")
    (runner.folder / "specs/members/user_input.yaml").unlink()
    runner.say("removed-check", "check")
    runner.say("removed-generate", "generate", "--json")
    runner.files("removed-outputs")
    runner.git("checkout", "-q", "--", "specs")
    runner.say("returned", "generate")
    _commit(runner, "As before")


def _merging(runner: Runner) -> None:
    runner.say("git-install", "git", "install")
    runner.say("git-diff", "diff", "HEAD~3", "HEAD", "--stat", "--", "specs", tool="git")
    runner.say("textconv", "git", "textconv", POSITIVE)
    runner.git("checkout", "-q", "-b", "other")
    _replace(runner, SPEC, "AMOUNT: {$integer: [1, 900]}", "AMOUNT: {$integer: [1, 800]}")
    runner.say("merge-other", "generate")
    _commit(runner, "Less")
    runner.git("checkout", "-q", "main")
    _replace(runner, SPEC, "$seed: 3", "$seed: 4")
    runner.say("merge-ours", "generate")
    _commit(runner, "Another seed")
    runner.say("merge", "merge", "-q", "other", "-m", "Both", tool="git")
    runner.files("merged")
    runner.say("merged-check", "check")
    runner.say("merged-verify", "verify")
    runner.say("git-uninstall", "git", "uninstall")


def _beginning(folder: Path, python: Path | None, keep: Path | None, above: Runner) -> None:
    for name, words in {
        "init": (),
        "init-claims": ("--example", "claims", "--json"),
        "init-git": ("--hooks", "git", "--json"),
    }.items():
        runner = Runner(folder=folder / name, python=python, keep=keep, has_ids=True)
        runner.git("init", "-q")
        runner.say("init", "init", *words)
        runner.say("again", "init", *words)
        runner.say("generate", "generate", "--json")
        runner.say("check", "check")
        runner.files("specs", "specs")
        runner.files("outputs")
        above.record[name] = runner.record


def _commit(runner: Runner, subject: str) -> None:
    runner.git("add", "--all")
    runner.git("commit", "-q", "-m", subject)


def _replace(runner: Runner, path: str, old: str, new: str) -> None:
    place = runner.folder / path
    text = place.read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {path}"
    place.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
