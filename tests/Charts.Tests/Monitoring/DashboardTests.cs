namespace Rembg.Charts.Tests.Monitoring;

public sealed class DashboardTests
{
    [Fact]
    public void EachPanel_SaysWhatItShowsAndInWhichUnit()
    {
        foreach (var dashboard in Dashboard.All())
            foreach (var panel in dashboard.Panels)
            {
                var title = $"{dashboard.File}: {Dashboard.Text(panel, "title")}";
                Dashboard.Text(panel, "description").Length.ShouldBeGreaterThan(20, title);
                Dashboard.Text(panel["fieldConfig"]!["defaults"]!, "unit").ShouldNotBeNullOrEmpty(title);
                Dashboard.Text(panel["datasource"]!, "uid").ShouldBe("${datasource}", title);
            }
    }

    [Fact]
    public void Dashboards_AreToldApart()
    {
        Dashboard.All().Count().ShouldBe(3);
        Dashboard.All().Select(d => Dashboard.Text(d.Json, "uid")).ShouldBeUnique();
        foreach (var dashboard in Dashboard.All()) dashboard.Json["panels"]!.AsArray().Select(p => p!["id"]!.GetValue<int>()).ShouldBeUnique();
    }

    [Fact]
    public void Panels_DoNotOverlap()
    {
        foreach (var dashboard in Dashboard.All())
        {
            var cells = dashboard.Json["panels"]!.AsArray().Select(p => p!["gridPos"]!).SelectMany(grid =>
                from x in Enumerable.Range(grid["x"]!.GetValue<int>(), grid["w"]!.GetValue<int>())
                from y in Enumerable.Range(grid["y"]!.GetValue<int>(), grid["h"]!.GetValue<int>())
                select (x, y)).ToList();
            cells.ShouldBeUnique(dashboard.File);
            cells.ShouldAllBe(cell => cell.x < 24);
        }
    }
}
