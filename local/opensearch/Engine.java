import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.client.node.NodeClient;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.core.rest.RestStatus;
import org.opensearch.env.Environment;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.rest.BytesRestResponse;
import org.opensearch.rest.RestChannel;
import org.opensearch.rest.RestHandler;
import org.opensearch.rest.RestRequest;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node on 127.0.0.1 only: `java Engine.java PORT DIRECTORY CLUSTER`. */
public final class Engine extends Node {
    private static final List<Class<? extends Plugin>> MODULES = List.of(
        CommonAnalysisPlugin.class,
        MapperExtrasPlugin.class,
        ReindexPlugin.class,
        Netty4Plugin.class,
        Guard.class);

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

    /** Refuses requests of web pages, and by host names that may lead elsewhere: see local/origins.py. */
    public static final class Guard extends Plugin implements ActionPlugin {
        @Override
        public UnaryOperator<RestHandler> getRestHandlerWrapper(ThreadContext context) {
            return Guarded::new;
        }

        private static final class Guarded extends RestHandler.Wrapper {
            private Guarded(RestHandler handler) {
                super(handler);
            }

            @Override
            public void handleRequest(RestRequest request, RestChannel channel, NodeClient client)
                    throws Exception {
                if (isOwnHost(request.header("Host")) && !isFromPage(request)) {
                    super.handleRequest(request, channel, client);
                } else {
                    channel.sendResponse(new BytesRestResponse(RestStatus.FORBIDDEN, "refused"));
                }
            }
        }

        private static boolean isFromPage(RestRequest request) {
            String site = request.header("Sec-Fetch-Site");
            return request.header("Origin") != null || "cross-site".equals(site) || "same-site".equals(site);
        }

        private static boolean isOwnHost(String host) throws UnknownHostException {
            String name = host == null ? "" : host.replaceFirst(":\\d+$", "");
            if (List.of("localhost", "host.docker.internal").contains(name)) {
                return true;
            }
            if (!name.matches("\\d+(\\.\\d+){3}")) {
                return false; // the next line would resolve a name
            }
            InetAddress address = InetAddress.getByName(name);
            return address.isLoopbackAddress() || address.isSiteLocalAddress();
        }
    }
}
