using System.Net;
using System.Text.RegularExpressions;
using Rembg.Gateway.Compatibility;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>The table of remove.bg's parameters in docs/migrating.md is sent to the gateway. Files and URLs have tests of their own.</summary>
public sealed partial class MigratingDocsIntegrationTests(CompatibilityGateway shared) : IClassFixture<CompatibilityGateway>
{
    private static readonly (string Name, string Example, bool IsOffered)[] Rows =
    [
        .. Row().Matches(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "migrating.md")))
            .Select(row => (row.Groups["name"].Value, row.Groups["example"].Value, !row.Groups["here"].Value.StartsWith("not offered", StringComparison.Ordinal))),
    ];

    [Fact]
    public void Table_HasEveryParameter() => RemoveBgParameters.Names.Concat(["image_file", "image_file_b64", "image_url"]).ShouldBeSubsetOf(Rows.Select(row => row.Name));

    [Fact]
    public async Task EachExample_IsTakenUnlessTheTableSaysOtherwise()
    {
        foreach (var (name, example, isOffered) in Rows.Where(row => !row.Name.Contains("image_", StringComparison.Ordinal)))
        {
            using var answer = await shared.App.Client.PostAsync("/v1.0/removebg", Images.Form("image_file", shared.NewPhoto(), (name, example)));

            answer.StatusCode.ShouldBe(isOffered ? HttpStatusCode.OK : HttpStatusCode.BadRequest, $"{name}={example}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [GeneratedRegex(@"^\| `(?<name>[a-z0-9_\[\]]+)` \| (`(?<example>[^`]+)`|[^|`]+) \| (?<here>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
