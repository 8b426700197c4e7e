"""The forms that other programs read, which `check`, `test` and `rehearse` share: JUnit, SARIF, Markdown."""
