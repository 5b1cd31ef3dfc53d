using Google.Protobuf;
using NetVips;
using Rembg.Contract.Models;
using Rembg.Models.Quantize;

namespace Rembg.Models.Tests.Quantize;

/// <summary>A user's own model on the user's own photographs, from the command to the file that the engine loads.</summary>
public sealed class CalibrationTests : IDisposable
{
    private readonly string _photos = Directory.CreateTempSubdirectory("photos").FullName;
    private readonly string _others = Directory.CreateTempSubdirectory("others").FullName;
    private readonly ModelsDirectory _directory;

    public CalibrationTests()
    {
        _directory = new(new { kind = "file", path = "mine.onnx" });
        Publish(TwoConvolutions.Build().ToByteArray());
    }

    public void Dispose()
    {
        _directory.Dispose();
        Directory.Delete(_photos, recursive: true);
        Directory.Delete(_others, recursive: true);
    }

    [Fact]
    public async Task OwnPhotographs_GiveAVerifiedInt8File()
    {
        Write(_photos, count: 10);

        await _directory.CalibrateAsync(_photos);

        var spec = ModelSpec.Read(Path.ChangeExtension(_directory.Int8, ".json"));
        var full = ModelSpec.Read(_directory.Description);
        spec.Name.ShouldBe("small");
        spec.Sha256.ShouldNotBe(full.Sha256);
        spec.Fingerprint().ShouldNotBe(full.Fingerprint());
        var ranges = ActivationRanges.Read(_directory.Ranges);
        ranges.MeasuredOn.ShouldBe(full.Sha256);
        ranges.Verification.Sha256.ShouldBe(spec.Sha256);
        ranges.Photos.Count.ShouldBe(8);
        ranges.Verification.Photos.Select(photo => photo.Sha256).ShouldNotContain(sha => ranges.Photos.Any(photo => photo.Sha256 == sha));
        _directory.Log.ShouldContain("on 2 photographs that did not calibrate it: IoU 0.99");
    }

    [Fact]
    public async Task Ranges_GiveTheSameFileAgain_WithoutPhotographs()
    {
        Write(_photos, count: 10);
        await _directory.CalibrateAsync(_photos);
        var (bytes, written) = (await File.ReadAllBytesAsync(_directory.Int8), File.GetLastWriteTimeUtc(_directory.Int8));
        await _directory.PrepareAsync();
        File.GetLastWriteTimeUtc(_directory.Int8).ShouldBe(written, "it was ready");

        Directory.Delete(Path.GetDirectoryName(_directory.Int8)!, recursive: true);
        await _directory.PrepareAsync();

        (await File.ReadAllBytesAsync(_directory.Int8)).ShouldBe(bytes);
    }

    [Fact]
    public async Task TooCoarse_IsRefusedWithFigures_AndNothingIsKept()
    {
        WriteGrey(_photos, count: 5); // leaves no room for what lies below the brightest value
        Write(_others, count: 5, seed: 100);

        var refusal = await Should.ThrowAsync<ModelException>(() => _directory.CalibrateAsync(_photos, _others));

        refusal.Message.ShouldMatch(@"on 5 photographs that did not calibrate it: IoU 0\.\d+ in the mean \(bar 0\.99\), 0\.\d+ at the least \(bar 0\.95, 10\d\.png\), MAE 0\.\d+");
        File.Exists(_directory.Ranges).ShouldBeFalse();
        File.Exists(_directory.Int8).ShouldBeFalse();
        File.Exists(_directory.Prepared).ShouldBeTrue("full precision is as it was");
    }

    [Fact]
    public async Task RangesThatSomebodyChanged_AreRefused()
    {
        Write(_photos, count: 10);
        await _directory.CalibrateAsync(_photos);
        var ranges = ActivationRanges.Read(_directory.Ranges);
        (ranges with { Ranges = ranges.Ranges.ToDictionary(pair => pair.Key, pair => new ActivationRange(pair.Value.Min / 2, pair.Value.Max / 2)) }).Write(_directory.Ranges);

        (await Should.ThrowAsync<ModelException>(() => _directory.PrepareAsync())).Message.ShouldContain("Calibrate again");

        File.Exists(_directory.Int8).ShouldBeFalse();
    }

    [Fact]
    public async Task AnotherModelUnderTheName_RunsInFullPrecisionOnly()
    {
        Write(_photos, count: 10);
        await _directory.CalibrateAsync(_photos);
        Publish(PublishedModel.Bytes());

        await _directory.PrepareAsync();

        File.Exists(_directory.Prepared).ShouldBeTrue();
        File.Exists(_directory.Int8).ShouldBeFalse("the ranges are those of the file before");
        _directory.Log.ShouldContain("no ranges of it for int8");
    }

    [Fact]
    public async Task APhotographOnBothSides_IsRefused()
    {
        Write(_photos, count: 3);
        Write(_others, count: 1);
        (await Should.ThrowAsync<ModelException>(() => _directory.CalibrateAsync(_photos, _others))).Message.ShouldContain("0.png is among the photographs that calibrate");
    }

    [Fact]
    public async Task TooFewPhotographs_IsSaid()
    {
        Write(_photos, count: 4);
        (await Should.ThrowAsync<ModelException>(() => _directory.CalibrateAsync(_photos))).Message.ShouldContain("holds 4 photographs: too few");
    }

    [Fact]
    public async Task AFileThatIsNoPhotograph_IsNamed()
    {
        Write(_photos, count: 5);
        await File.WriteAllTextAsync(Path.Combine(_photos, "0.txt"), "notes");
        (await Should.ThrowAsync<ModelException>(() => _directory.CalibrateAsync(_photos))).Message.ShouldContain("0.txt cannot be read as a photograph");
    }

    private void Publish(byte[] model) => File.WriteAllBytes(Path.Combine(_directory.Root, "mine.onnx"), model);

    /// <summary>Squares of many colours; with the corners of the colour cube among them, every photograph needs the same ranges.</summary>
    private static void Write(string folder, int count, int seed = 0)
    {
        for (var i = seed; i < seed + count; i++)
        {
            var colours = new byte[4 * 4 * 3];
            new Random(i).NextBytes(colours);
            for (var corner = 0; corner < 8 * 3; corner++) colours[corner] = (byte)((corner / 3 >> corner % 3 & 1) * 255);
            Save(folder, i, colours, side: 4);
        }
    }

    private static void WriteGrey(string folder, int count)
    {
        for (var i = 0; i < count; i++) Save(folder, i, [(byte)(100 + i), (byte)(100 + i), (byte)(100 + i)], side: 1);
    }

    private static void Save(string folder, int name, byte[] colours, int side)
    {
        using var small = Image.NewFromMemory(colours, side, side, 3, Enums.BandFormat.Uchar);
        using var image = small.Zoom(16, 16);
        image.WriteToFile(Path.Combine(folder, $"{name}.png"));
    }
}
