"""The report in the app: by its key from home and from the matrix, all of it at 80x24."""

from tests.app.appkit import shown, text_of, until


async def test_the_score_and_what_is_missing_are_a_key_away(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "next  mlp" in shown(app))
        assert "s score" in text_of(app)[-1]
        await pilot.press("s")
        await until(pilot, lambda: "0 of 100, not yet" in shown(app))
        assert "0 of 100" in text_of(app)[0]
        assert "mlp: 0 of 8 claims; 0 checks, 0 of 5 hints, 0 resets" in shown(app)
        assert max(map(len, text_of(app))) <= 80
        await pilot.press("end")
        await until(pilot, lambda: "How it is counted" in shown(app))
        await pilot.press("q", "m")
        await until(pilot, lambda: "s score" in text_of(app)[-1])
        await pilot.press("s")
        await until(pilot, lambda: "not yet" in shown(app))
