using System.Net;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tests.Fetching;

public class AddressJudgeTests
{
    [Theory]
    [InlineData("0.0.0.0")] // this host
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")] // private
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")] // carriers' NAT
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("169.254.0.1")] // link-local
    [InlineData("169.254.169.254")] // cloud metadata
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.0.192")] // Oracle's metadata
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")] // multicast
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")] // IPv4-compatible
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:127.0.0.1")] // IPv4-mapped
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:0:8.8.8.8")] // IPv4-translated
    [InlineData("64:ff9b::7f00:1")] // NAT64
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b:1::808:808")] // local NAT64
    [InlineData("100::1")]
    [InlineData("2001::1")] // Teredo
    [InlineData("2001:1ff:ffff::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")] // 6to4
    [InlineData("2002:808:808::1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")] // unique local
    [InlineData("fd00:ec2::254")] // Amazon's metadata
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void SpecialAddress_IsRefused(string address) => Judge().Allows(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.0.1.1")]
    [InlineData("198.17.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2001:200::1")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2606:4700::1111")]
    [InlineData("3ffe::1")]
    public void PublicAddress_IsAllowed(string address) => Judge().Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void NetworkOfTheOperator_IsAllowed_AndNothingBesideIt()
    {
        var judge = Judge("10.1.2.0/24", "fd00::5", "64:ff9b::/96");

        new[] { "10.1.2.3", "::ffff:10.1.2.3", "fd00::5" }.ShouldAllBe(address => judge.Allows(IPAddress.Parse(address)));
        new[] { "10.1.3.1", "fd00::6", "127.0.0.1", "64:ff9b::10.0.0.1" }.ShouldAllBe(address => !judge.Allows(IPAddress.Parse(address)), "of an address that holds another, that one counts");
    }

    /// <summary>Every spelling of an address that <see cref="Uri"/> takes for one; nothing is connected to.</summary>
    [Theory]
    [InlineData("http://2852039166/", "169.254.169.254")]
    [InlineData("http://0xA9FEA9FE/", "169.254.169.254")]
    [InlineData("http://0251.0376.0251.0376/", "169.254.169.254")]
    [InlineData("http://169.254.43518/", "169.254.169.254")]
    [InlineData("http://169.16689662/", "169.254.169.254")]
    [InlineData("http://169。254。169。254/", "169.254.169.254")]
    [InlineData("http://[::ffff:a9fe:a9fe]/", "169.254.169.254")]
    [InlineData("http://[::ffff:169.254.169.254]/", "169.254.169.254")]
    [InlineData("http://0xa.0.0.1/", "10.0.0.1")]
    [InlineData("http://012.1/", "10.0.0.1")]
    public void SpellingOfAnAddress_IsThatAddress(string url, string address)
    {
        var host = TargetUrl.Parse(url, new())!.IdnHost;

        IPAddress.Parse(host).MapToIPv4().ShouldBe(IPAddress.Parse(address));
        Judge().Allows(IPAddress.Parse(host)).ShouldBeFalse();
    }

    private static AddressJudge Judge(params string[] allowed)
    {
        var options = new FetchingOptions();
        foreach (var network in allowed) options.AllowedNetworks.Add(network);
        return new(Options.Create(options));
    }
}
