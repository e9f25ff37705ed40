namespace Gateway.Storage;

/// <summary>One try to commit a group of writes.</summary>
internal readonly record struct JournalCommit(int Writes, TimeSpan Duration, bool Succeeded);
