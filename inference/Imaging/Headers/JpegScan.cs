namespace Rembg.Inference.Imaging;

/// <summary>
/// Reads the Huffman codes of a baseline JPEG without decoding a pixel, to know how many of its blocks a file holds whose end
/// is missing: a decoder would fill up with grey and say nothing.
/// </summary>
internal ref struct JpegScan
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly Table?[] _tables = new Table?[8]; // four for first values, four for the others
    private readonly (int Id, int Across, int Down)[] _components = new (int, int, int)[4];
    private int _position = 2, _width, _height, _count, _restartInterval;
    private uint _bits;
    private int _held, _padded;

    private JpegScan(ReadOnlySpan<byte> file) => _file = file;

    /// <summary>Whether no more than a sixteenth of the last row of blocks is missing.</summary>
    /// <param name="file">One that <see cref="JpegHeader"/> has walked through, with one scan of all components.</param>
    public static bool HoldsAllRows(ReadOnlySpan<byte> file) => new JpegScan(file).Read();

    private bool Read()
    {
        while (true)
        {
            _position += _file[_position..].IndexOf((byte)0xFF);
            while (_file[_position] == 0xFF) _position++;
            var marker = _file[_position++];
            if (marker is 0 or 0x01 or (>= 0xD0 and <= 0xD7)) continue;
            var segment = _file.Slice(_position + 2, (_file[_position] << 8 | _file[_position + 1]) - 2);
            _position += 2 + segment.Length;
            switch (marker)
            {
                case 0xC0 or 0xC1: Frame(segment); break;
                case 0xC4: Tables(segment); break;
                case 0xDD when segment.Length == 2: _restartInterval = segment[0] << 8 | segment[1]; break;
                case 0xDA: return Scan(segment);
            }
        }
    }

    private void Frame(ReadOnlySpan<byte> frame)
    {
        (_height, _width, _count) = (frame[1] << 8 | frame[2], frame[3] << 8 | frame[4], frame[5]);
        for (var i = 0; i < _count; i++) _components[i] = (frame[6 + 3 * i], frame[7 + 3 * i] >> 4, frame[7 + 3 * i] & 15);
    }

    private readonly void Tables(ReadOnlySpan<byte> segment)
    {
        while (segment.Length >= 17)
        {
            var table = new Table(segment[1..17], segment[17..]);
            if ((segment[0] & 0xEC) == 0) _tables[segment[0] >> 4 << 2 | segment[0] & 3] = table;
            segment = segment[Math.Min(segment.Length, 17 + table.Symbols)..];
        }
    }

    private bool Scan(ReadOnlySpan<byte> scan)
    {
        if (scan.Length < 1 + 2 * _count) return false;
        // One component alone has no blocks that only fill up; of several, each has its share of every unit.
        var (across, down) = (1, 1);
        if (_count > 1) foreach (var component in _components) (across, down) = (Math.Max(across, component.Across), Math.Max(down, component.Down));
        var unitsAcross = (_width + 8 * across - 1) / (8 * across);
        var units = unitsAcross * ((_height + 8 * down - 1) / (8 * down));
        for (var unit = 0; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0) Restart();
            for (var i = 0; i < _count; i++)
            {
                var blocks = _count == 1 ? 1 : _components[i].Across * _components[i].Down;
                if (_tables[scan[2 + 2 * i] >> 4 & 3] is not { } first || _tables[4 | scan[2 + 2 * i] & 3] is not { } others) return false;
                while (blocks-- > 0) Block(first, others);
            }
            if (_padded > _held) return units - unit <= 1 + unitsAcross / 16;
        }
        return true;
    }

    private void Block(Table first, Table others)
    {
        Skip(Symbol(first) & 15);
        for (var at = 1; at < 64; at++)
        {
            var symbol = Symbol(others);
            if ((symbol & 15) == 0 && symbol != 0xF0) return;
            at += symbol >> 4;
            Skip(symbol & 15);
        }
    }

    private int Symbol(Table table)
    {
        Fill();
        var (length, symbol) = table.Find((int)(_bits >> 16));
        Skip(length);
        return symbol;
    }

    private void Skip(int bits)
    {
        Fill();
        _bits <<= bits;
        _held -= bits;
    }

    /// <summary>At least 16 bits; zeros where the data ends.</summary>
    private void Fill()
    {
        while (_held <= 24)
        {
            var next = 0;
            if (_position < _file.Length && (_file[_position] != 0xFF || _position + 1 < _file.Length && _file[_position + 1] == 0))
            {
                next = _file[_position];
                _position += next == 0xFF ? 2 : 1;
            }
            else _padded += 8;
            _bits |= (uint)next << (24 - _held);
            _held += 8;
        }
    }

    /// <summary>Goes behind the restart marker, if the data is there at all.</summary>
    private void Restart()
    {
        if (_position + 1 >= _file.Length) return;
        while (_position + 1 < _file.Length && (_file[_position] != 0xFF || _file[_position + 1] is not (>= 0xD0 and <= 0xD7))) _position++;
        _position = Math.Min(_file.Length, _position + 2);
        (_bits, _held, _padded) = (0, 0, 0);
    }

    /// <summary>A Huffman table (T.81, annex C and F.2.2.3).</summary>
    private sealed class Table
    {
        private readonly byte[] _symbols;
        private readonly int[] _end = new int[17], _offset = new int[17]; // of each length: one above its last code, in 16 bits; where its symbols are

        public Table(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
        {
            var (code, index) = (0, 0);
            for (var length = 1; length <= 16; length++)
            {
                _offset[length] = index - code;
                code += counts[length - 1];
                index += counts[length - 1];
                _end[length] = code << (16 - length);
                code <<= 1;
            }
            Symbols = index;
            _symbols = symbols[..Math.Min(index, symbols.Length)].ToArray();
        }

        public int Symbols { get; }

        /// <param name="bits">The next 16.</param>
        public (int Length, int Symbol) Find(int bits)
        {
            for (var length = 1; length <= 16; length++)
            {
                if (bits >= _end[length]) continue;
                var at = _offset[length] + (bits >> (16 - length));
                return (length, (uint)at < (uint)_symbols.Length ? _symbols[at] : 0);
            }
            return (16, 0);
        }
    }
}
