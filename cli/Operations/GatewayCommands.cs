using System.CommandLine;

namespace Rembg.Cli.Operations;

/// <summary>What operators do for a gateway: <c>keys create</c>, <c>tasks dead</c>. The gateway's own program does it; here are names, help and completion.</summary>
internal static class GatewayCommands
{
    public static Command Keys()
    {
        var client = new Option<string>("--client") { Description = "Whose key it is.", Required = true };
        var plan = new Option<string?>("--plan") { Description = "A plan of Clients:Plans." };
        var expires = new Option<string?>("--expires") { Description = "The last day, e.g. 2030-01-31." };
        var create = new Command("create", "Makes an API key, and prints it and the line to store.") { client, plan, expires };
        create.SetAction((parsed, _) => Gateway.Program.Main(["keys", "create", "--client", parsed.GetRequiredValue(client), .. Pair(parsed, plan), .. Pair(parsed, expires)]));
        return new("keys", "API keys of a gateway.") { create };
    }

    public static Command Tasks()
    {
        var redis = new Option<string?>("--redis") { Description = "HOST:PORT; without it ConnectionStrings__Redis says where." };
        string[] At(ParseResult parsed) => parsed.GetValue(redis) is { } address ? [$"--ConnectionStrings:Redis={address}"] : [];

        var list = new Command("list", "Lists tasks that were given up.") { redis };
        list.SetAction((parsed, _) => Gateway.Program.Main(["tasks", "dead", "list", .. At(parsed)]));
        return new("tasks", "Tasks on Redis.")
        {
            new Command("dead", "Tasks that were given up.") { list, Change("requeue", "Runs one or all of them again."), Change("drop", "Forgets one or all of them.") },
        };

        Command Change(string verb, string what)
        {
            var id = new Argument<string?>("ID") { Description = "A task.", Arity = ArgumentArity.ZeroOrOne };
            var all = new Option<bool>("--all") { Description = "All of them." };
            var command = new Command(verb, what) { id, all, redis };
            command.Validators.Add(result => { if (result.GetValue(id) is null != result.GetValue(all)) result.AddError($"{verb} takes an ID or --all"); });
            command.SetAction((parsed, _) => Gateway.Program.Main(["tasks", "dead", verb, parsed.GetValue(id) ?? "--all", .. At(parsed)]));
            return command;
        }
    }

    private static string[] Pair(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } value ? [option.Name, value] : [];
}
