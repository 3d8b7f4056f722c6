import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node on 127.0.0.1 only: `java Engine.java PORT DIRECTORY CLUSTER`. */
public final class Engine extends Node {
    private static final List<Class<? extends Plugin>> MODULES = List.of(
        CommonAnalysisPlugin.class,
        MapperExtrasPlugin.class,
        ReindexPlugin.class,
        Netty4Plugin.class);

    private Engine(Environment environment) {
        super(environment, MODULES, false);
    }

    public static void main(String[] arguments) throws Exception {
        Settings settings = Settings.builder()
            .put("path.home", arguments[1])
            .put("cluster.name", arguments[2])
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[0])
            .put("transport.port", "0") // any free port: there are no other nodes
            .put("discovery.type", "single-node")
            // On a nearly full disk, as laptops often have, indices would become read-only.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        LogConfigurator.configureWithoutConfig(settings);
        Engine engine = new Engine(
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "engine"));
        Runtime.getRuntime().addShutdownHook(new Thread(engine::end));
        engine.start();
        Thread.currentThread().join(); // the node's threads are daemons and do not keep the process alive
    }

    private void end() {
        try {
            close();
        } catch (IOException error) {
            error.printStackTrace();
        }
    }
}
