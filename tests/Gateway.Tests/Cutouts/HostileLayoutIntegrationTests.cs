using System.Net;
using Rembg.Gateway.Tests.Compatibility;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>Numbers of a layout that would overflow, never end, or take all memory. They are refused before a pod is asked.</summary>
public sealed class HostileLayoutIntegrationTests(CompatibilityGateway shared) : IClassFixture<CompatibilityGateway>
{
    [Theory]
    [InlineData("output_size", "NaNxNaN", "-1x10", "0x0", "1e308x1", "65536x65536", "4294967296x1", "16383x16383", "10x10x10", "x", "")]
    [InlineData("padding", "NaN", "-1", "1e308", "50%", "4294967296", "Infinity", "")]
    [InlineData("crop_margin", "NaN", "-1px", "1e308px", "1 2 3", "99999999999999999999", "")]
    [InlineData("roi", "NaN NaN NaN NaN", "-1 -1 10 10", "0 0 1e308 1e308", "0 0 4294967296 4294967296", "0 0 10", "")]
    [InlineData("scale", "NaN%", "-50%", "1e308%", "0%", "101%", "Infinity%", "")]
    [InlineData("position", "NaN%", "-1%", "1e308%", "101% 0%", "50px", "")]
    [InlineData("shadow_opacity", "NaN", "-1", "1e308", "101", "4294967296", "")]
    public async Task Value_IsRefused(string option, params string[] values)
    {
        var photo = shared.NewPhoto();
        foreach (var value in values)
        {
            using var answer = await shared.App.Client.PostAsync("/v1/remove-background", Images.Form("file", photo, (option, value)));

            var text = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"{option}={value}: {text}");
            text.ShouldContain("invalid_parameter");
        }
        shared.Pod.Requests.ShouldBeEmpty();
    }
}
