def test_the_command_shows_what_is_recognised(shopsec, tree):
    root = tree(
        {
            "composer.json": '{"require": {"sylius/sylius": "1.13"}}',
            "src/kasse/a.php": "",
            "src/Cart/b.php": "",
            "shopsec.toml": '[paths]\ncheckout = ["src/kasse/"]\n',
        }
    )
    shown = shopsec("paths", root).stdout
    assert shown.startswith("Sylius: composer.json names sylius/sylius\n")
    assert "\ncheckout: 1 files (1 shopsec.toml)\n  src/kasse/a.php\n" in shown
    assert "\ncart: 1 files (1 Sylius)\n  src/Cart/b.php\n" in shown
    assert shopsec("paths", root, "--kind", "cart").stdout == "src/Cart/b.php\n"
    (root / "shopsec.toml").write_text('platform = "magenta"\n')
    ended = shopsec("paths", root)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "shopsec.toml:1: platform: unknown platform 'magenta'" in ended.stderr
